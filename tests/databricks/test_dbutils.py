"""dbutils answers, and refuses, as on Databricks."""

from __future__ import annotations

from pathlib import Path

import pytest

from houseboat.databricks.dbutils import FileSystem, MissingPart, Mounts, Secrets, TaskValues, TaskValueStore, Widgets
from houseboat.databricks.dbutils.notebook import Facts, NotebookUtils
from houseboat.databricks.dbutils.secrets import PLACEHOLDER
from houseboat.databricks.errors import DbutilsError, InputWidgetNotDefined, NotebookExit
from houseboat.lake import Lake


@pytest.fixture
def fs(lake: Lake, state: Path) -> FileSystem:
    """dbutils.fs on an empty lake."""
    return FileSystem(lake, Mounts(lake, state))


def test_a_supplied_value_exists_undeclared_and_beats_the_default() -> None:
    """Declaring again keeps the value; removing takes it away."""
    widgets = Widgets({"My Param": "given"})
    assert widgets.get("My Param") == "given"
    widgets.text("My Param", "default", "Label")
    widgets.text("n", 5)  # type: ignore[arg-type]
    widgets.text("n", "6")
    assert widgets.getAll() == {"My Param": "given", "n": "5"}
    widgets.remove("n")
    with pytest.raises(InputWidgetNotDefined, match="No input widget named n is defined"):
        widgets.get("n")
    assert widgets.getArgument("n", "fallback") == "fallback"
    widgets.removeAll()
    assert widgets.getAll() == {}


def test_a_dropdowns_default_must_be_a_choice() -> None:
    """Combobox and multiselect take any."""
    widgets = Widgets({})
    with pytest.raises(DbutilsError, match="not among its choices"):
        widgets.dropdown("d", "x", ["a", "b"])
    widgets.multiselect("m", "a,b", ["a", "b", "c"])
    assert widgets.get("m") == "a,b"


def test_task_values_keep_types_and_are_bounded() -> None:
    """JSON types survive; more than 48 KiB, or what is no JSON, is refused."""
    store = TaskValueStore()
    TaskValues(store, "a").set("k", [1, {"x": True}])
    later = TaskValues(store, "b")
    assert later.get("a", "k") == [1, {"x": True}]
    assert later.get("a", "none", default=4, debugValue=9) == 4
    with pytest.raises(ValueError, match="That task has set: k"):
        later.get("a", "none", debugValue=9)
    with pytest.raises(DbutilsError, match="at most 49,152"):
        TaskValues(store, "a").set("big", "x" * 49_152)
    with pytest.raises(DbutilsError, match="not JSON"):
        TaskValues(store, "a").set("set", {1, 2})


def test_task_values_outside_a_job_answer_the_debug_value() -> None:
    """Set does nothing; get without debugValue is a TypeError."""
    values = TaskValues(None, None)
    values.set("k", 1)
    assert values.get("a", "k", default=2, debugValue=3) == 3
    with pytest.raises(TypeError):
        values.get("a", "k", default=2)


def test_files_are_listed_with_addresses_as_databricks_spells_them(fs: FileSystem) -> None:
    """Directories end in a slash and have size 0; the scheme that was asked for is kept."""
    fs.put("/raw/a b.txt", "hello")
    fs.mkdirs("dbfs:/raw/sub")
    file, folder = fs.ls("/raw")
    assert (file.path, file.name, file.size, file.isFile()) == ("dbfs:/raw/a b.txt", "a b.txt", 5, True)
    assert (folder.path, folder.name, folder.size, folder.isDir()) == ("dbfs:/raw/sub/", "sub/", 0, True)
    fs.cp("/raw/a b.txt", "abfss://c@acct.dfs.core.windows.net/x/")
    assert fs.ls("abfss://c@acct.dfs.core.windows.net/")[0].path == "abfss://c@acct.dfs.core.windows.net/x"


def test_files_are_copied_moved_removed_and_read(fs: FileSystem) -> None:
    """Directories need recurse; what is not there is False or an error in Java's words."""
    fs.put("/a/x/1.txt", "one")
    assert fs.head("/a/x/1.txt", 2) == "on"
    with pytest.raises(DbutilsError, match="is a directory"):
        fs.cp("/a", "/b")
    assert fs.cp("/a", "/b", recurse=True)
    assert fs.head("/b/x/1.txt") == "one"
    assert fs.mv("/b/x/1.txt", "/c.txt")
    assert fs.rm("/b/x/1.txt") is False
    with pytest.raises(DbutilsError, match="is not empty"):
        fs.rm("/a")
    assert fs.rm("/a", recurse=True)
    with pytest.raises(DbutilsError, match=r"java\.io\.FileNotFoundException"):
        fs.ls("/a")
    with pytest.raises(DbutilsError, match="already exists"):
        fs.put("/c.txt", "again")
    assert fs.put("/c.txt", "again", overwrite=True)


def test_mounts_outlive_the_process_without_their_credentials(fs: FileSystem, state: Path) -> None:
    """A second process sees the mount; the file holds no secret; mounting twice is refused."""
    source = "abfss://raw@acct.dfs.core.windows.net/"
    fs.mount(source=source, mount_point="/mnt/raw", extra_configs={"fs.azure.account.key": "s3cr3t"})
    fs.put("/mnt/raw/f.txt", "x")
    with pytest.raises(DbutilsError, match="Directory already mounted"):
        fs.mount(source, "/mnt/raw")
    fresh = Lake(state / "lake")
    again = FileSystem(fresh, Mounts(fresh, state))
    assert again.head("/mnt/raw/f.txt") == "x"
    assert again.head(source + "f.txt") == "x"
    assert "/mnt/raw" in [mount.mountPoint for mount in again.mounts()]
    assert "s3cr3t" not in (state / "mounts.json").read_text()
    assert again.unmount("/mnt/raw")
    with pytest.raises(DbutilsError, match="not mounted"):
        again.unmount("/mnt/raw")


def test_secrets_come_from_environment_and_file(state: Path) -> None:
    """The environment wins; an unknown scope gives a placeholder and a note, an unknown key of a known one fails."""
    state.mkdir()
    (state / "secrets.toml").write_text('[kv]\nkey = "from file"\n"other-key" = "x"\n')
    notes: list[str] = []
    secrets = Secrets(state, notes.append, {"HOUSEBOAT_SECRET__KV__KEY": "from environment"})
    assert secrets.get("kv", "key") == "from environment"
    assert secrets.getBytes("KV", "other-key") == b"x"
    assert sorted(item.key for item in secrets.list("kv")) == ["key", "other-key"]
    assert [scope.name for scope in secrets.listScopes()] == ["kv"]
    assert secrets.redact("it is from environment") == "it is [REDACTED]"
    with pytest.raises(DbutilsError, match="Secret does not exist with scope: kv and key: none"):
        secrets.get("kv", "none")
    assert secrets.get("formula1-scope", "client-id") == PLACEHOLDER
    assert "formula1-scope" in notes[0]


def test_the_context_chain_tells_where_the_notebook_runs() -> None:
    """The private chain that notebooks read their own path from."""
    notebook = NotebookUtils(lambda *_: "", Facts("/folder/nb", 5, 6, "me@x", {"taskKey": "t"}), lambda: {"a": "b"})
    context = notebook.entry_point.getDbutils().notebook().getContext()
    assert context.notebookPath().get() == "/folder/nb"
    assert str(context.currentRunId()) == "Some(5)"
    assert context.tags().apply("user") == "me@x"
    assert context.tags().get("taskKey").getOrElse(None) == "t"
    assert context.apiToken().getOrElse("none") == "none"
    assert '"notebook_path": "/folder/nb"' in context.toJson()
    assert notebook.entry_point.getCurrentBindings() == {"a": "b"}
    with pytest.raises(DbutilsError):
        context.somethingElse()


def test_exit_is_a_base_exception_with_its_value() -> None:
    """None becomes empty text."""
    notebook = NotebookUtils(lambda *_: "", Facts("/x"), dict)
    with pytest.raises(NotebookExit) as caught:
        notebook.exit(5)
    assert caught.value.value == "5"
    assert not isinstance(caught.value, Exception)


def test_missing_parts_name_what_to_do_instead() -> None:
    """Hasattr works, and the error is a declared gap."""
    from houseboat.databricks.dbutils import Library

    library = Library(lambda _: None)
    assert not hasattr(library, "installPyPI")
    with pytest.raises(MissingPart, match="%pip install"):
        library.installPyPI("x")
