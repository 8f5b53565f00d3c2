"""Small snapshots of the field's data sets, with the schemas that the Hub's files have."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def jpeg(seed: int) -> bytes:
    """A real JPEG, another one for every seed."""
    out = io.BytesIO()
    colour = (seed * 37 % 256, seed * 91 % 256, seed * 53 % 256)
    Image.new("RGB", (24, 16), colour).save(out, "JPEG")
    return out.getvalue()


def picture(seed: int) -> dict[str, Any]:
    return {"bytes": jpeg(seed), "path": None}


CVQA = pa.schema(
    [
        ("image", PICTURE),
        *((name, pa.string()) for name in ("ID", "Subset", "Question", "Translated Question")),
        ("Options", pa.list_(pa.string())),
        ("Translated Options", pa.list_(pa.string())),
        ("Label", pa.int64()),
        *((name, pa.string()) for name in ("Category", "Image Type", "Image Source", "License")),
    ]
)
XM3600 = pa.schema(
    [
        ("image_id", pa.string()),
        ("image_locale", pa.string()),
        ("captions", pa.list_(pa.string())),
        ("captions_tokenized", pa.list_(pa.string())),
        ("captions_tokenized_lowercase", pa.list_(pa.string())),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.null())])),
    ]
)
SEA_VL = pa.schema(
    [
        ("id", pa.string()),
        ("image", PICTURE),
        *((name, pa.string()) for name in ("caption", "caption_native_lang", "native_lang")),
        ("culture_relevant_loc", pa.string()),
        ("avg_cultural_relevance", pa.float64()),
        ("avg_caption_fit", pa.float64()),
        ("avg_img_quality", pa.float64()),
        ("n_annotator", pa.int64()),
    ]
)
SEA_VL_CRAWLED = pa.schema(
    [
        ("id", pa.string()),
        ("image", PICTURE),
        ("caption", pa.list_(pa.string())),
        ("category", pa.string()),
    ]
)


def cvqa_row(seed: int, id_: str, subset: str, question: str, **changes: Any) -> dict[str, Any]:
    return {
        "image": picture(seed),
        "ID": id_,
        "Subset": subset,
        "Question": question,
        "Translated Question": "What is this dish called?",
        "Options": ["หนึ่ง", "สอง", "สาม", "สี่"],
        "Translated Options": ["one", "two", "three", "four"],
        "Label": 2,
        "Category": "Cooking and food",
        "Image Type": "Self",
        "Image Source": "Self-open",
        "License": "CC BY-SA",
    } | changes


def xm3600_row(seed: int, locale: str, *captions: str, **changes: Any) -> dict[str, Any]:
    return {
        "image_id": f"{seed:016x}",
        "image_locale": locale,
        "captions": list(captions),
        "captions_tokenized": list(captions),
        "captions_tokenized_lowercase": list(captions),
        "image": picture(seed),
    } | changes


def sea_vl_row(seed: int, place: str, lang: str, native: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"sea-{seed}",
        "image": picture(seed),
        "caption": f"Picture {seed} of a market",
        "caption_native_lang": native,
        "native_lang": lang,
        "culture_relevant_loc": place,
        "avg_cultural_relevance": 4.5,
        "avg_caption_fit": 4.0,
        "avg_img_quality": 3.5,
        "n_annotator": 2,
    } | changes


@dataclass(frozen=True)
class Sample:
    """Rows of a data set as the Hub has them. Every one of them must be understood."""

    split: str
    schema: pa.Schema
    rows: list[dict[str, Any]]
    id: str
    """The column of the row's id."""


SAMPLES = {
    "cvqa": Sample(
        "test",
        CVQA,
        [
            cvqa_row(0, "5919991144272485961_0", "('Japanese', 'Japan')", "写真の料理の名前は?"),
            cvqa_row(0, "5919991144272485961_1", "('Japanese', 'Japan')", "何色ですか?"),
            cvqa_row(1, "71_0", "('Malay', 'Malaysia')", "Apakah nama hidangan ini?"),
            cvqa_row(2, "72_0", "('Sinhala', 'Sri_Lanka')", "මේ කෑම මොකක්ද?", Label=-1),
            cvqa_row(3, "73_0", "('Egyptian_Arabic', 'Egypt')", "ما اسم هذا الطبق؟"),
            cvqa_row(4, "74_0", "('Korean', 'South_Korea')", "이 음식의 이름은?"),
        ],
        "ID",
    ),
    "xm3600": Sample(
        "th",
        XM3600,
        [
            xm3600_row(seed, locale, f"ภาพที่ {seed} ของตลาดน้ำ", "เรือในแม่น้ำ")
            for seed, locale in enumerate(
                ["th", "vi", "id", "fil", "th", "vi", "ja", "de", "sw", "quz", "mi", "en", "hi"]
            )
        ],
        "image_id",
    ),
    "sea-vl": Sample(
        "train",
        SEA_VL,
        [
            sea_vl_row(0, "Thailand", "Thai (tha)", "ตลาดน้ำ"),
            sea_vl_row(1, "Myanmar", "Myanmar (mm)", "ရန်ကုန်မြို့က ဈေး"),
            sea_vl_row(2, "Bali, Indonesia", "Indonesian (ind)", "Pasar di Bali"),
            sea_vl_row(3, "Malaysia / Singapore", "English (eng)", "Picture 3 of a market"),
            sea_vl_row(4, "Viet Nam", "Vietnamese (vie)", "Chợ nổi Cái Răng"),
            sea_vl_row(5, "Timor-Leste", "Tetun (tet)", "Merkadu Taibesi"),
        ],
        "id",
    ),
}
"""A sample of every reader in the folder, by its name: a new reader needs one here."""


def write_snapshot(
    folder: Path, split: str, schema: pa.Schema, rows: list[dict[str, Any]], shards: int = 2
) -> Path:
    """Parquet files as `huggingface-cli download` leaves them, each with two row groups."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    size = -(-len(rows) // shards)
    for number in range(shards):
        part = rows[number * size : (number + 1) * size]
        name = f"{split}-{number:05d}-of-{shards:05d}.parquet"
        table = pa.Table.from_pylist(part, schema=schema)
        pq.write_table(table, folder / "data" / name, row_group_size=-(-len(part) // 2))
    return folder
