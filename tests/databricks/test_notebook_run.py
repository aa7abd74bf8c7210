"""Notebooks run in-process as they do on Databricks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.databricks.errors import NotebookFailed, WorkflowException
from houseboat.databricks.worker import TimedOut

if TYPE_CHECKING:
    from .conftest import Files, Workbench


def executed(bench: Workbench) -> dict[str, Any]:
    """The executed notebook of the last run."""
    assert bench.last is not None
    return json.loads(Path(bench.last.output["notebook"]).read_text(encoding="utf-8"))


def test_cells_share_a_namespace_and_the_last_expression_is_shown(bench: Workbench, write: Files) -> None:
    """A value made in one cell is there in the next, whose last expression becomes an output."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            x = 20
            # COMMAND ----------
            print("printed", x)
            x + 1
            # COMMAND ----------
            dbutils.notebook.exit(x * 2)
            # COMMAND ----------
            raise RuntimeError("never reached")
            """
        }
    )
    assert bench.run("a") == "40"
    cells = executed(bench)["cells"]
    assert cells[1]["outputs"][0] == {"output_type": "stream", "name": "stdout", "text": "printed 20\n"}
    assert cells[1]["outputs"][1]["data"] == {"text/plain": "21"}
    assert cells[3]["execution_count"] is None
    assert "printed 20" in bench.messages


def test_the_executed_notebook_is_valid_nbformat(bench: Workbench, write: Files) -> None:
    """Nbformat itself accepts what is written, with streams, tables and errors in it."""
    import nbformat

    write(
        {
            "a.py": """
            # Databricks notebook source
            # MAGIC %md
            # MAGIC # Title
            # COMMAND ----------
            display(spark.range(3)); print(1)
            # COMMAND ----------
            1/0
            """
        }
    )
    with pytest.raises(NotebookFailed):
        bench.run("a")
    nbformat.validate(nbformat.from_dict(executed(bench)))


def test_a_failing_cell_names_notebook_cell_and_line(bench: Workbench, write: Files) -> None:
    """The error points into the user's file; the user's exception is its cause."""
    write(
        {
            "sub/a.py": """
            # Databricks notebook source
            x = 1
            # COMMAND ----------
            def f():
                return {}["missing"]
            # COMMAND ----------
            y = 2

            f()
            """
        }
    )
    with pytest.raises(NotebookFailed) as caught:
        bench.run("sub/a")
    assert (caught.value.notebook, caught.value.cell, caught.value.line) == ("/sub/a", 3, 9)
    assert isinstance(caught.value.__cause__, KeyError)
    error = executed(bench)["cells"][2]["outputs"][0]
    assert error["ename"] == "KeyError"
    assert any("a.py" in line and "line 5" in line and 'return {}["missing"]' in line for line in error["traceback"])
    assert "houseboat" not in "".join(error["traceback"])


def test_a_syntax_error_names_its_line_in_the_file(bench: Workbench, write: Files) -> None:
    """A cell that does not compile fails with the line of the file, not of the cell."""
    write({"a.py": "# Databricks notebook source\nx = 1\n# COMMAND ----------\ny = 2\nif y\n    pass\n"})
    with pytest.raises(NotebookFailed) as caught:
        bench.run("a")
    assert (caught.value.cell, caught.value.line) == (2, 5)


def test_sql_cells_run_every_statement_and_bind_sqldf(bench: Workbench, write: Files) -> None:
    """Widgets reach SQL as :name and as ${name}; the last result is _sqldf."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            dbutils.widgets.text("kind", "Movie")
            # COMMAND ----------
            # MAGIC %sql
            # MAGIC create or replace temp view v as select 'Movie' as kind, 7 as n; -- a ; in a comment
            # MAGIC select n, '${kind};' as k from v where kind = :kind
            # COMMAND ----------
            row = _sqldf.first()
            dbutils.notebook.exit(f"{row.n} {row.k}")
            """
        }
    )
    assert bench.run("a") == "7 Movie;"


def test_run_shares_the_namespace_and_resolves_beside_its_own_notebook(bench: Workbench, write: Files) -> None:
    """%run works nested, quoted, with arguments, and its names flow back."""
    write(
        {
            "main.py": """
            # Databricks notebook source
            # MAGIC %run ./lib/config $env="prod"
            # COMMAND ----------
            dbutils.notebook.exit(f"{env} {depth} {dbutils.widgets.get('env')}")
            """,
            "lib/config.py": """
            # Databricks notebook source
            dbutils.widgets.text("env", "dev")
            env = dbutils.widgets.get("env")
            # COMMAND ----------
            # MAGIC %run "./deeper"
            """,
            "lib/deeper.py": "# Databricks notebook source\ndepth = 2\n",
        }
    )
    assert bench.run("main") == "prod 2 prod"


def test_a_notebook_reached_by_run_sees_its_own_widget_defaults(bench: Workbench, write: Files) -> None:
    """What the job passed to the caller does not override the widgets that the included notebook declares."""
    write(
        {
            "main.py": """
            # Databricks notebook source
            dbutils.widgets.text("env", "dev")
            # COMMAND ----------
            # MAGIC %run ./child
            # COMMAND ----------
            dbutils.notebook.exit(f"{seen} {dbutils.widgets.get('env')}")
            """,
            "child.py": """
            # Databricks notebook source
            dbutils.widgets.text("env", "child default")
            seen = dbutils.widgets.get("env")
            """,
        }
    )
    assert bench.run("main", {"env": "prod"}) == "child default prod"


def test_a_failure_below_run_names_the_notebook_that_failed(bench: Workbench, write: Files) -> None:
    """Cell and line are those of the included notebook."""
    write(
        {
            "main.py": "# Databricks notebook source\n# MAGIC %run ./child\n",
            "child.py": "# Databricks notebook source\nx = 1\n# COMMAND ----------\n\nraise ValueError('no')\n",
        }
    )
    with pytest.raises(NotebookFailed) as caught:
        bench.run("main")
    assert (caught.value.notebook, caught.value.cell, caught.value.line) == ("/child", 2, 5)


def test_exit_is_not_caught_by_except_exception(bench: Workbench, write: Files) -> None:
    """dbutils.notebook.exit leaves through a try/except around it."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            def leave():
                try:
                    dbutils.notebook.exit("left")
                except Exception:
                    pass
            leave()
            raise RuntimeError("not reached")
            """
        }
    )
    assert bench.run("a") == "left"


def test_notebook_run_has_its_own_session_and_namespace(bench: Workbench, write: Files) -> None:
    """Temp views and names are not shared; arguments are widgets; the result is what was given to exit."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            secret_name = 1
            spark.range(1).createOrReplaceTempView("mine")
            dbutils.notebook.exit(dbutils.notebook.run("./b", 60, {"n": 3}))
            """,
            "b.py": """
            # Databricks notebook source
            shared = "secret_name" in globals() or spark.catalog.tableExists("mine")
            dbutils.notebook.exit(f"{shared} {dbutils.widgets.get('n')}")
            """,
        }
    )
    assert bench.run("a") == "False 3"
    assert bench.last is not None
    assert [(run.kind, run.name, run.status) for run in bench.runs.children(bench.last.id)] == [
        ("notebook", "/b", "Succeeded")
    ]


def test_notebook_run_that_fails_or_times_out_raises_workflow_exception(bench: Workbench, write: Files) -> None:
    """The caller can catch both as ordinary exceptions."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            said = []
            for path, limit in (("./fails", 0), ("./sleeps", 1)):
                try:
                    dbutils.notebook.run(path, limit)
                except Exception as error:
                    said.append(f"{type(error).__name__} {error.code}")
            dbutils.notebook.exit(", ".join(said))
            """,
            "fails.py": "# Databricks notebook source\n1/0\n",
            "sleeps.py": "# Databricks notebook source\nimport time\nfor _ in range(1000): time.sleep(0.05)\n",
        }
    )
    assert bench.run("a") == "WorkflowException FAILED, WorkflowException TIMEDOUT"
    assert WorkflowException.__name__ == "WorkflowException"


def test_a_time_limit_stops_the_notebook(bench: Workbench, write: Files) -> None:
    """The loop does not go on behind the run's back."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            import time, pathlib
            for number in range(1000):
                time.sleep(0.02)
                pathlib.Path(dbutils.widgets.get("file")).write_text(str(number))
            """
        }
    )
    file = bench.runner.paths.root / "count.txt"
    with pytest.raises(TimedOut):
        bench.run("a", {"file": str(file)}, seconds=1)
    last = file.read_text()
    import time

    time.sleep(0.2)
    assert file.read_text() == last


def test_modules_beside_the_notebook_are_imported_and_seen_when_changed(bench: Workbench, write: Files) -> None:
    """A module edited between two runs is imported anew, even within the same second and with the same size."""
    write(
        {
            "nb/a.py": """
            # Databricks notebook source
            from helpers.rules import VALUE
            import top
            dbutils.notebook.exit(f"{VALUE} {top.NAME}")
            """,
            "nb/helpers/rules.py": "VALUE = 1\n",
            "top.py": "NAME = 'root'\n",
        }
    )
    assert bench.run("nb/a") == "1 root"
    write({"nb/helpers/rules.py": "VALUE = 2\n"})
    assert bench.run("nb/a") == "2 root"
    assert not list(bench.runner.paths.root.rglob("*.pyc"))


def test_project_functions_can_be_udfs(bench: Workbench, write: Files) -> None:
    """A function of a project module and one of the notebook both run inside the engine."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            from pyspark.sql.functions import udf
            from mymodule import double
            # COMMAND ----------
            d = udf(double, "int")
            e = udf(lambda x: double(x) + offset, "int")
            offset = 5
            row = spark.sql("select 4 as x").select(d("x").alias("d"), e("x").alias("e")).first()
            dbutils.notebook.exit(f"{row.d} {row.e}")
            """,
            "mymodule.py": "def double(x):\n    return 2 * x\n",
        }
    )
    assert bench.run("a") == "8 13"


def test_get_or_create_gives_the_notebooks_session(bench: Workbench, write: Files) -> None:
    """SparkSession.builder.getOrCreate in a module returns the session of the notebook that imports it."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            import helper
            dbutils.notebook.exit(helper.session() is spark and helper.utils() is dbutils)
            """,
            "helper.py": """
            from pyspark.sql import SparkSession
            from pyspark.dbutils import DBUtils
            def session():
                return SparkSession.builder.appName("x").getOrCreate()
            def utils():
                return DBUtils(session())
            """,
        }
    )
    assert bench.run("a") == "True"


def test_display_keeps_rows_as_a_table(bench: Workbench, write: Files) -> None:
    """display, df.display(), displayHTML and lists of FileInfo become HTML in the executed notebook."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            display(spark.range(1500))
            # COMMAND ----------
            spark.sql("select '<b>' as tag, cast(null as int) as nothing").display()
            # COMMAND ----------
            displayHTML("<h1>Hi</h1>")
            # COMMAND ----------
            dbutils.fs.put("/tmp/x.txt", "hello")
            display(dbutils.fs.ls("/tmp"))
            """
        }
    )
    bench.run("a")
    cells = executed(bench)["cells"]
    table = cells[0]["outputs"][0]["data"]["text/html"]
    assert table.count("<tr>") == 1001
    assert "first 1,000 rows" in table
    assert "<td>&lt;b&gt;</td><td><i>null</i></td>" in cells[1]["outputs"][0]["data"]["text/html"]
    assert cells[2]["outputs"][0]["data"]["text/html"] == "<h1>Hi</h1>"
    assert "dbfs:/tmp/x.txt" in cells[3]["outputs"][-1]["data"]["text/html"]


def test_secrets_are_redacted_everywhere(bench: Workbench, write: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetched secret appears neither in outputs nor in messages nor in the error."""
    monkeypatch.setenv("HOUSEBOAT_SECRET__KV_PROD__SQL_PASSWORD", "hunter22")
    write(
        {
            "a.py": """
            # Databricks notebook source
            p = dbutils.secrets.get("kv-prod", "sql-password")
            print("it is", p)
            # COMMAND ----------
            p
            # COMMAND ----------
            raise ValueError(f"cannot log in with {p}")
            """
        }
    )
    with pytest.raises(NotebookFailed) as caught:
        bench.run("a")
    assert "hunter22" not in str(caught.value)
    assert "[REDACTED]" in str(caught.value)
    outputs = [cell["outputs"] for cell in executed(bench)["cells"]]
    assert "hunter22" not in json.dumps(outputs)
    assert not any("hunter22" in message for message in bench.messages)


def test_pip_checks_instead_of_installing(bench: Workbench, write: Files) -> None:
    """%pip, pip without % and !pip pass for installed packages and name the missing ones."""
    write(
        {
            "ok.py": """
            # Databricks notebook source
            # MAGIC %pip install pyarrow>=1 -q
            # COMMAND ----------
            pip install pyyaml
            dbutils.library.restartPython()
            """,
            "bad.py": "# Databricks notebook source\n# MAGIC %pip install no-such-package-here==1.0\n",
        }
    )
    bench.run("ok")
    assert any(message.startswith("pyarrow ") and "is installed" in message for message in bench.messages)
    with pytest.raises(NotebookFailed, match="no-such-package-here"):
        bench.run("bad")


def test_shell_and_scala_are_declared_gaps(bench: Workbench, write: Files) -> None:
    """A cell in another language fails with its name, its line and what to do instead."""
    write({"a.py": "# Databricks notebook source\nx = 1\n# COMMAND ----------\n# MAGIC %scala\n# MAGIC val x = 1\n"})
    with pytest.raises(NotebookFailed, match="%scala does not run here") as caught:
        bench.run("a")
    assert caught.value.cell == 2
    assert "Python or SQL" in str(caught.value)


def test_jvm_access_is_answered_with_the_connect_way(bench: Workbench, write: Files) -> None:
    """spark._jsparkSession fails, and the hint names what to write instead."""
    write({"a.py": '# Databricks notebook source\nspark._jsparkSession.catalog().tableExists("a.b")\n'})
    with pytest.raises(NotebookFailed) as caught:
        bench.run("a")
    assert "spark.catalog.tableExists" in str(caught.value)


def test_parallel_notebooks_keep_their_output_and_modules_apart(bench: Workbench, write: Files) -> None:
    """Two notebooks at once, each with a module of the same name, print and import only their own."""
    from concurrent.futures import ThreadPoolExecutor

    for name in ("one", "two"):
        write(
            {
                f"{name}/nb.py": """
                # Databricks notebook source
                import time
                from same import NAME
                for _ in range(20):
                    print(NAME); time.sleep(0.005)
                # COMMAND ----------
                import same.inner
                dbutils.notebook.exit(same.inner.NAME)
                """,
                f"{name}/same/__init__.py": f"NAME = '{name}'\n",
                f"{name}/same/inner.py": "from same import NAME\n",
            }
        )

    def go(name: str) -> tuple[str, str]:
        with bench.runs.record("notebook", name) as run:
            result = bench.runner.run(bench.runner.paths.find(f"{name}/nb"), {}, run)
        return result["exit"], Path(result["notebook"]).read_text(encoding="utf-8")

    with ThreadPoolExecutor(2) as pool:
        (first, one), (second, two) = pool.map(go, ("one", "two"))
    assert (first, second) == ("one", "two")
    assert "two\\n" not in one
    assert "one\\n" not in two


def test_open_reaches_fuse_paths(bench: Workbench, write: Files) -> None:
    """open('/dbfs/...') reads what dbutils.fs wrote."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            dbutils.fs.put("dbfs:/tmp/y.txt", "there")
            with open("/dbfs/tmp/y.txt") as f:
                dbutils.notebook.exit(f.read())
            """
        }
    )
    assert bench.run("a") == "there"
    assert not Path("/dbfs/tmp/y.txt").exists()


def test_ipynb_notebooks_run_with_lines_of_the_json_file(bench: Workbench, project: Path) -> None:
    """A failure in an .ipynb points to the line of the file on which the statement stands."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title"),
            nbformat.v4.new_code_cell("%sql\nselect 1 as x"),
            nbformat.v4.new_code_cell("x = _sqldf.first().x\n\nassert x == 2"),
        ]
    )
    nbformat.write(notebook, project / "n.ipynb")
    with pytest.raises(NotebookFailed) as caught:
        bench.run("n")
    assert caught.value.cell == 3
    lines = (project / "n.ipynb").read_text().splitlines()
    assert "assert x == 2" in lines[caught.value.line - 1]


def test_a_notebook_may_stop_its_session(bench: Workbench, write: Files) -> None:
    """spark.stop() at the end, as scripts write it, is no failure."""
    write({"a.py": "# Databricks notebook source\nspark.range(1).count()\nspark.stop()\n"})
    assert bench.run("a") == ""


def test_threads_of_a_notebook_print_into_its_cell(bench: Workbench, write: Files) -> None:
    """A pool that the notebook starts belongs to the notebook."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            from concurrent.futures import ThreadPoolExecutor
            def work(n):
                print(f"worked {n}")
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(work, range(3)))
            """
        }
    )
    bench.run("a")
    assert {"worked 0", "worked 1", "worked 2"} <= set(bench.messages)


def test_what_a_notebook_prints_stays_out_of_the_process_output(
    bench: Workbench, write: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stdout is the command's: a --json answer must not be mixed with a notebook's prints."""
    import sys

    before = sys.stdout
    write({"a.py": "# Databricks notebook source\nimport sys\nprint('loud')\nsys.stderr.write('louder')\n"})
    bench.run("a")
    assert sys.stdout is before
    assert "lou" not in "".join(capsys.readouterr())
    assert "louder" in json.dumps(executed(bench))


def test_magic_lines_and_fs_cells_run(bench: Workbench, write: Files) -> None:
    """%fs shows its result, IPython's line magics are ignored, ! is a declared gap."""
    write(
        {
            "a.py": """
            # Databricks notebook source
            # MAGIC %fs mkdirs /data/x
            # COMMAND ----------
            # MAGIC %fs ls /data
            # COMMAND ----------
            %load_ext autoreload
            x = "fine"
            # COMMAND ----------
            dbutils.notebook.exit(x)
            """,
            "b.py": "# Databricks notebook source\n!ls\n",
        }
    )
    assert bench.run("a") == "fine"
    assert "dbfs:/data/x/" in json.dumps(executed(bench))
    with pytest.raises(NotebookFailed, match="! does not run here"):
        bench.run("b")
