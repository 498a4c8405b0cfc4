"""A folder to begin a study in: a config, records that run at once, empty sheets, and what to do next."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from coverplan.core.atomic import whole_folder
from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES, Table
from coverplan.core.units import WGS84
from coverplan.outputs.sheets import write_sheets

TEMPLATES = ("facilities", "projects", "vehicles", "aeds", "people", "areas")
"""The tables that a template holds unless one is asked for."""
_RECORDS = "records.xlsx"

_CONFIG = """\
# 研究配置 / The study. 先运行 / first: coverplan check {file}
study: {study}                 # 结果文件夹 / results go to out/{study}/
name: {name}                   # 研究区名称 / what the study is called
name_en: {name}
year: 2020                     # 设施基准年 / base year of the facilities
data: data                     # 数据文件夹 / folder of the files below
crs: auto                      # 投影，auto 为当地 UTM / or EPSG:4549 (CGCS2000)
tables:                        # 没有的表请删去该行 / leave out what you do not have
  areas: areas.geojson         # 镇街边界 / outlines of towns and streets
  facilities: {{file: {records}, sheet: 设施}}
  people: {{file: {records}, sheet: 人口}}
  vehicles: {{file: {records}, sheet: 救护车}}
  aeds: {{file: {records}, sheet: 自动体外除颤仪}}
  projects: {{file: {records}, sheet: 项目}}
roads: {{tables: roads}}         # 换成真实路网 / real roads: {{pbf: fujian-latest.osm.pbf}}
clock: {{call_handling_s: 60, turnout_s: 120}}   # 受理与出车时间（秒） / seconds
standards: [{standards}]
"""

_README = """\
# {name}

这个文件夹是一个可以立即运行的研究。现在里面是“三桥县”的示例记录（质量均为“示意”），请逐步换成您自己的。

This folder is a study that runs as it stands. What is in it now is a made-up county, every record marked
`illustrative`; replace it step by step with your own.

```console
> coverplan check {file}
> coverplan run {file}
```

## 步骤 / Steps

1. **镇街边界 / areas** — 用您的 `data/areas.geojson` 替换（每个镇街一个面，含代码与名称）。
   Replace `data/areas.geojson` with the outlines of your towns and streets.
2. **台账 / records** — 在 `data/{records}` 的各工作表中删去示例，填入自己的记录；空白表在 `templates/`。
   Clear the sheets of `data/{records}` and fill in yours; empty ones with explanations stand in `templates/`.
   已有 Excel 台账时 / with a list of your own: `coverplan import 台账.xlsx --as facilities --to data/study.gpkg`,
   然后在配置中写 / then write in the config `facilities: {{file: study.gpkg, layer: facilities}}`.
3. **路网 / roads** — 在 `{file}` 中把 `roads` 换成 OpenStreetMap 提取文件。
   Point `roads` at an OpenStreetMap extract.
4. **标准 / standards** — `standards/` 中的规则包为示例；换成您的规划文件条款。
   The rule pack in `standards/` is an example; write the targets of your own plan.

每换一项就运行一次 `coverplan check {file}`：它会一次列出所有问题，注明文件、行、列和改法。
Run `coverplan check {file}` after each step: it lists every problem at once, with file, row, column and what to do.
"""


def write_template(path: str | Path, *, table: str | None = None) -> Path:
    """Write an empty workbook to be filled in.

    Parameters
    ----------
    path
        An .xlsx file.
    table
        The table it is for. Unless given, the one that the file is called like (facilities.xlsx or 设施.xlsx), else a
        sheet for each of the usual tables.
    """
    path = Path(path)
    like = next((t.name for t in INPUT_TABLES.values() if path.stem in {t.name, t.zh}), None)
    name = table or like
    return write_sheets(path, [INPUT_TABLES[name]] if name else _usual())


def _usual() -> list[Table]:
    return [INPUT_TABLES[name] for name in TEMPLATES]


def write_new_study(folder: str | Path, *, like: Study) -> Path:
    """Set up a folder in which a study can be begun.

    Parameters
    ----------
    folder
        Made whole or not at all; its name becomes the study's.
    like
        The study whose records stand in it as examples, so that everything runs at once.

    Returns
    -------
    Path
        The config.

    Raises
    ------
    InputError
        When something stands there already.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = f"there is something at '{folder.name}' already"
        raise InputError([Problem(what=what, hint="choose another name, or an empty folder")])
    study_id = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:60] or "my-county"
    file = f"{study_id}.yaml"
    packs = [f"standards/{path.name}" for path in like.standards]
    said = {"study": study_id, "name": folder.name, "file": file, "records": _RECORDS, "standards": ", ".join(packs)}
    with whole_folder(folder) as new:
        _write(new / file, _CONFIG.format(**said))
        _write(new / "README.md", _README.format(**said))
        tables = [table for table in _usual() if table.name != "areas"]
        rows = {table.name: getattr(like, table.name) for table in tables}
        write_sheets(new / "data" / _RECORDS, tables, rows=rows)
        _write(new / "data" / "areas.geojson", like.areas.to_crs(WGS84).to_json(ensure_ascii=False, drop_id=True))
        shutil.copytree(like.roads.path, new / "data" / "roads")
        write_template(new / "templates" / _RECORDS)
        for pack, path in zip(packs, like.standards, strict=True):
            (new / pack).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, new / pack)
    return folder / file


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
