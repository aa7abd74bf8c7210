"""Processes that are killed, and writers that collide."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

from .conftest import Home, open_home, rows

if TYPE_CHECKING:
    from pathlib import Path

_CHILD = """
import sys
from pathlib import Path
from tests.engine.conftest import open_home

home = open_home(Path(sys.argv[1]))
spark = home.session()
spark.range(1).count()
print("ready", flush=True)
{work}
print("done", flush=True)
"""


def killed_while(root: Path, work: str, after: float, repository: Path) -> None:
    """Run a program that does this work, and kill it some seconds after it is ready."""
    script = root.parent / "child.py"
    script.write_text(textwrap.dedent(_CHILD).format(work=work))
    with subprocess.Popen(
        [sys.executable, str(script), str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(repository)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(after)
        child.kill()


def test_a_killed_write_leaves_no_half_made_table(tmp_path: Path, repository: Path) -> None:
    """SaveAsTable killed at any moment: the table is not there or it is whole, and it can be written again."""
    root = tmp_path / "home"
    for attempt, after in enumerate((0.05, 0.3, 0.6)):
        name = f"netflix.default.t{attempt}"
        killed_while(root, f'spark.range(20_000_000).write.saveAsTable("{name}")', after, repository)
        home = open_home(root)
        try:
            spark = home.session()
            listed = [row["tableName"] for row in spark.sql("show tables in netflix.default").collect()]
            there = spark.catalog.tableExists(name)
            assert there == (name.rsplit(".", maxsplit=1)[-1] in listed)
            if there:
                assert spark.table(name).count() == 20_000_000
            else:
                spark.range(3).write.saveAsTable(name)
                assert spark.table(name).count() == 3
        finally:
            home.close()


def test_a_killed_drop_leaves_a_whole_table_or_none(tmp_path: Path, repository: Path) -> None:
    """Whatever was reached, the name can be used again."""
    root = tmp_path / "home"
    home = open_home(root)
    home.session().range(5).write.saveAsTable("netflix.default.t")
    home.close()
    work = 'import os, shutil; shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), 9); spark.sql("drop table netflix.default.t")'
    killed_while(root, work, 5, repository)
    home = open_home(root)
    try:
        spark = home.session()
        assert not spark.catalog.tableExists("netflix.default.t")
        spark.range(2).write.saveAsTable("netflix.default.t")
        assert spark.table("netflix.default.t").count() == 2
    finally:
        home.close()


def test_merges_that_collide_lose_nothing(home: Home, schema: str) -> None:
    """Two sessions merge into one table at once: who loses is told to run again, and every merge that succeeded is
    there.
    """
    name = f"{schema}.t"
    home.session().sql(f"create table {name} as select id, 0 as n from range(2)")
    succeeded: list[int] = []
    errors: list[Exception] = []

    def work(key: int) -> None:
        spark = home.session()
        for _ in range(5):
            try:
                spark.sql(
                    f"merge into {name} t using (select {key}L as id) s on t.id = s.id when matched then update set n = n + 1"
                ).collect()
            except Exception as error:  # noqa: BLE001 - looked at below
                errors.append(error)
            else:
                succeeded.append(key)

    threads = [threading.Thread(target=work, args=(key,)) for key in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(home.session().table(name)) == [(key, succeeded.count(key)) for key in (0, 1)]
    assert all("run the statement again" in str(error) for error in errors), [str(error) for error in errors]


def test_appends_that_collide_are_all_there(home: Home, schema: str) -> None:
    """Four threads append through sessions of their own."""
    name = f"{schema}.t"
    home.session().sql(f"create table {name} (id bigint)")

    def work() -> None:
        spark = home.session()
        for _ in range(5):
            spark.range(1).write.mode("append").saveAsTable(name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert home.session().table(name).count() == 20


def test_threads_of_one_session_register_one_after_another(home: Home, schema: str) -> None:
    """A table that the engine does not know yet is read by many threads of one session at once."""
    home.session().sql(f"create table {schema}.t as select 1 as a")
    spark: Any = home.session()
    found: list[Any] = []

    def work() -> None:
        found.append(rows(spark.sql(f"select * from {schema}.t")))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(1,)]] * 8
