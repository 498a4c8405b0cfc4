"""The house keeps its shape: imports go one way, every file stands on a list, the name harms nobody."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOMS = (
    "core", "roads", "inputs", "travel", "access", "scenarios", "standards", "planning", "outputs", "sample",
    "batch", "app", "cli",
)  # fmt: skip
PACKAGE = Path(__file__).resolve().parents[1] / "src" / "coverage" / "coverplan"
FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.name == "cli.py")

DOORS = {
    "pyproj": ("core/units", "core/datum", "roads/"),
    "osmnx": ("roads/",),
    "osmium": ("roads/",),
    "python_calamine": ("inputs/",),
    "xlsxwriter": ("inputs/", "outputs/"),
    "sqlalchemy": ("inputs/",),
    "rasterio": ("inputs/people",),
    "ruamel": ("inputs/",),
    "geopy": ("inputs/geocode",),
    "rapidfuzz": ("inputs/geocode",),
    "numba": ("travel/",),
    "contourpy": ("travel/",),
    "highspy": ("planning/",),
    "folium": ("outputs/",),
    "matplotlib": ("outputs/charts",),
    "docx": ("outputs/report",),
    "docxtpl": ("outputs/report",),
    "fastapi": ("app/",),
    "starlette": ("app/",),
    "uvicorn": ("app/",),
    "python_multipart": ("app/",),
    "multipart": ("app/",),
    "rich": ("cli",),
    "cyclopts": ("cli",),
}


def _listed(folder: Path) -> list[str]:
    """Read the order of a folder's files from its docstring: lines of the form `name    what it is`."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return re.findall(r"^([a-z_]+) {2,}\S", text, flags=re.MULTILINE)


def _modules_in(folder: Path) -> set[str]:
    files = {p.stem for p in folder.glob("*.py")} - {"__init__"}
    return files | {p.parent.name for p in folder.glob("*/__init__.py")}


def _imports(path: Path) -> set[str]:
    """Every module of ours and every outside package that a file names, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_imports_go_up_only(path: Path) -> None:
    """A file imports from rooms above its own, and from files named before it in its own room's list."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room = parts[0]
    assert room in ROOMS, f"{_name(path)} stands in no room of the list"
    for module in _imports(path):
        if not module.startswith("coverplan.") or module == "coverplan.__version__":
            continue
        target = module.split(".")[1:]
        if target[0] not in ROOMS:
            continue
        if target[0] != room:
            assert ROOMS.index(target[0]) < ROOMS.index(room), f"{_name(path)} imports {module}, which stands below it"
        elif len(target) > 1 and len(parts) > 1 and parts[1] != "__init__" and target[1] != parts[1]:
            order = _listed(PACKAGE / room)
            if target[1] in order:
                assert order.index(target[1]) < order.index(parts[1]), f"{_name(path)} imports {module}, named after it"


@pytest.mark.parametrize("folder", sorted({p.parent for p in FILES if p.parent != PACKAGE}), ids=lambda p: p.name)
def test_every_file_stands_on_its_rooms_list(folder: Path) -> None:
    """Each room's docstring names its files in order, all of them and nothing else."""
    assert sorted(_listed(folder)) == sorted(_modules_in(folder))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_heavy_libraries_have_one_door(path: Path) -> None:
    """A heavy library is imported in its own room only."""
    for module in _imports(path):
        doors = DOORS.get(module.split(".")[0])
        assert doors is None or _name(path).startswith(doors), f"{_name(path)} imports {module} past its door"


def test_only_the_command_prints() -> None:
    """No room but `cli` writes to the terminal."""
    for path in FILES:
        names = {n.func.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
        assert "print" not in names or _name(path).startswith("cli"), f"{_name(path)} prints"


def test_importing_loads_nothing_heavy() -> None:
    """`import coverplan` and the command's help leave pandas, numpy and everything larger unloaded."""
    heavy = {"numpy", "pandas", "geopandas", "shapely", "scipy", "osmnx", "networkx", "folium", "numba", "pyproj"}
    for statement in ("import coverplan", "import coverplan.cli"):
        code = f"{statement}, sys; print(' '.join(m for m in sys.modules if '.' not in m))"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert not heavy & set(loaded), f"{statement} loads {sorted(heavy & set(loaded))}"


def test_public_names_resolve() -> None:
    """Every public name can be had, and is documented."""
    import coverplan as cp

    for name in cp.__all__:
        value = getattr(cp, name)
        assert name == "__version__" or (value.__doc__ or "").strip(), f"cp.{name} has no docstring"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = cp.nonsense


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory, root: Path) -> zipfile.ZipFile:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=root, check=True,
                   capture_output=True)  # fmt: skip
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_brings_no_top_level_coverage(wheel: zipfile.ZipFile) -> None:
    """A top-level `coverage` would overwrite coverage.py; the wheel has `coverplan` and its metadata only."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert "coverplan" in tops
    assert {top for top in tops if not top.endswith(".dist-info")} == {"coverplan"}


def test_the_wheel_brings_what_its_users_need(wheel: zipfile.ZipFile) -> None:
    """Rule packs, the studies, the map's assets and the licences travel with the package."""
    names = "\n".join(wheel.namelist())
    for part in ("three-bridges.yaml", "jinjiang.yaml", "jinjiang-14th-five-year-plan.yaml", "jinjiang/people.csv",
                 "leaflet.js", "licenses/LICENSE", "licenses/NOTICE.md"):  # fmt: skip
        assert part in names, f"{part} is not in the wheel"


def test_git_does_not_ignore_the_package(root: Path) -> None:
    """Ignore lists often hold `coverage`; ours must not lose the package that lives below that name."""
    answer = subprocess.run(["git", "check-ignore", "-q", "src/coverage/coverplan/__init__.py"], cwd=root, check=False)
    assert answer.returncode == 1


def test_locks_name_no_address(root: Path) -> None:
    """Lock files carry names, versions and hashes only."""
    for lock in root.glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert "--index" not in text, lock.name
        assert "--hash=sha256:" in text, lock.name


def test_the_licence_of_the_package_is_stated(root: Path) -> None:
    """The licence in the metadata is the one whose text is in the checkout."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (root / "LICENSE").read_text(encoding="utf-8")


def test_notebooks_carry_no_outputs(root: Path) -> None:
    """Notebooks are committed without outputs and run numbers, so that a change shows what changed."""
    for path in (root / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name
