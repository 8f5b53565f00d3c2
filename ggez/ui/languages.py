"""English names of the languages that pairs and eval sets use (ISO 639-3)."""

NAMES: dict[str, str] = {
    "eng": "English", "vie": "Vietnamese", "tha": "Thai", "lao": "Lao", "khm": "Khmer",
    "mya": "Burmese", "zsm": "Malay", "ind": "Indonesian", "fil": "Filipino", "tet": "Tetum",
    "zho": "Chinese", "jpn": "Japanese", "kor": "Korean", "fra": "French", "spa": "Spanish",
    "hin": "Hindi", "tur": "Turkish", "ell": "Greek", "uzb": "Uzbek", "gle": "Irish",
    "aym": "Aymara", "sot": "Sotho", "tam": "Tamil",
}  # fmt: skip


def language_name(code: str) -> str:
    """The English name, or the code itself."""
    return NAMES.get(code, code)
