"""Regions, the KOF Globalisation Index, and the weight of global quality it gives."""

from ggez.regions.kof import CITATION, KofTable
from ggez.regions.m49 import countries, country, subregions
from ggez.regions.regions import SEA, WORLD_REGIONS, all_regions, find_region
from ggez.regions.report import format_report, regions_report
from ggez.regions.weight import GlobalWeight, global_weight

__all__ = [
    "CITATION",
    "SEA",
    "WORLD_REGIONS",
    "GlobalWeight",
    "KofTable",
    "all_regions",
    "countries",
    "country",
    "find_region",
    "format_report",
    "global_weight",
    "regions_report",
    "subregions",
]
