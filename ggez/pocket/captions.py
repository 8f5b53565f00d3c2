"""What is said about a picture: phrasings in English and in local languages.

Phrasings are disjoint between training, validation and test. Every local
phrasing is a plain "picture of X" in words that any dictionary of the language
lists; the noun used differs by split. A language without phrasings here is
spoken by the bare name alone.
"""

from __future__ import annotations

from ggez.pocket.world import Item
from ggez.types import Text

ENGLISH: dict[str, tuple[str, ...]] = {
    "train": (
        "{x}",
        "a picture of {x}",
        "a drawing of {x}",
        "this is {x}",
        "here you can see {x}",
        "{x} in a small picture",
    ),
    "validation": ("an illustration of {x}", "look, {x}", "a print showing {x}"),
    "test": ("a photo of {x}", "an image that shows {x}", "{x}, seen up close"),
    "judge": ("a poster of {x}", "a card with {x}", "{x} on a stamp", "one more {x}"),
}
"""`{x}` is the item's English or local name."""

LOCAL: dict[str, dict[str, str]] = {
    "vie": {"train": "ảnh {x}", "validation": "tranh {x}", "test": "hình {x}"},
    "tha": {"train": "ภาพ{x}", "validation": "ภาพวาด{x}", "test": "รูป{x}"},
    "lao": {"train": "ຮູບ{x}", "validation": "ຮູບແຕ້ມ{x}", "test": "ພາບ{x}"},
    "khm": {"train": "រូបភាព{x}", "validation": "គំនូរ{x}", "test": "រូបថត{x}"},
    "mya": {"train": "{x}ပုံ", "validation": "{x}ပန်းချီ", "test": "{x}ဓာတ်ပုံ"},
    "zsm": {"train": "gambar {x}", "validation": "lukisan {x}", "test": "foto {x}"},
    "ind": {"train": "gambar {x}", "validation": "lukisan {x}", "test": "foto {x}"},
    "fil": {
        "train": "larawan ng {x}",
        "validation": "guhit ng {x}",
        "test": "litrato ng {x}",
    },
    "tet": {"train": "imajen {x}", "validation": "dezeñu {x}", "test": "foto {x}"},
    "zho": {"train": "{x}的图片", "validation": "{x}的画", "test": "{x}的照片"},
    "jpn": {"train": "{x}の絵", "validation": "{x}のイラスト", "test": "{x}の写真"},
    "kor": {"train": "{x} 그림", "validation": "{x} 삽화", "test": "{x} 사진"},
    "fra": {"train": "image : {x}", "validation": "dessin : {x}", "test": "photo : {x}"},
    "spa": {"train": "imagen: {x}", "validation": "dibujo: {x}", "test": "foto: {x}"},
    "hin": {"train": "{x} का चित्र", "validation": "{x} का रेखाचित्र", "test": "{x} की तस्वीर"},
    "tur": {"train": "{x} resmi", "validation": "{x} çizimi", "test": "{x} fotoğrafı"},
    "ell": {"train": "εικόνα: {x}", "validation": "σχέδιο: {x}", "test": "φωτογραφία: {x}"},
    "uzb": {"train": "{x} surati", "validation": "{x} chizmasi", "test": "{x} fotosurati"},
}


def captions(item: Item, split: str) -> tuple[Text, ...]:
    """Every caption of an item in one split: English phrasings, then the local language's."""
    english = [Text("eng", phrase.format(x=item.english)) for phrase in ENGLISH[split]]
    if item.local_name.casefold() == item.english.casefold():
        return tuple(english)
    local = []
    if split == "train":
        local.append(Text(item.local_lang, item.local_name))
    phrase = LOCAL.get(item.local_lang, {}).get(split)
    if phrase:
        local.append(Text(item.local_lang, phrase.format(x=item.local_name)))
    else:  # no phrasing in that language: the name inside an English one
        local.append(Text(item.local_lang, ENGLISH[split][1].format(x=item.local_name)))
    return (*english, *local)


def generic(item: Item, phrase: int) -> Text:
    """What the web says of a thing it has no name for: "a pointed hat"."""
    frames = ("{x}", "a picture of {x}", "{x}, nice", "there is {x} here")
    return Text("eng", frames[phrase % len(frames)].format(x=item.generic_caption))
