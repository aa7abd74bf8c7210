from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import open_home, rows

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Zm9vYmFyc2VjcmV0"  # noqa: S105 - no secret: it must not be seen


def test_set_and_reset(spark: Any) -> None:
    """SET key = value, SET key, spark.conf and RESET are one store, in any case of the key."""
    assert rows(spark.sql("set spark.my.key = 'a b'")) == [("spark.my.key", "a b")]
    assert spark.conf.get("spark.my.key") == "a b"
    spark.conf.set("spark.my.key", "c")
    assert rows(spark.sql("SET spark.my.key")) == [("spark.my.key", "c")]
    spark.sql("reset spark.my.key")
    assert rows(spark.sql("set spark.my.key")) == [("spark.my.key", "<undefined>")]


def test_set_alone_lists_what_was_set(spark: Any) -> None:
    """SET and SET -v show the session's settings."""
    spark.conf.set("spark.my.other", "1")
    assert ("spark.my.other", "1") in rows(spark.sql("set"))
    assert ("spark.my.other", "1") in rows(spark.sql("SET -v"))


def test_ansi_mode_is_the_sessions_choice(spark: Any) -> None:
    """On, a bad cast raises with help; off, it is NULL."""
    spark.sql("set spark.sql.ansi.enabled = true")
    with pytest.raises(Exception, match="try_cast"):
        spark.sql("select cast(a as int) from values ('x') t(a)").collect()
    assert rows(spark.sql("select try_cast('x' as int)")) == [(None,)]
    spark.sql("set spark.sql.ansi.enabled = false")
    assert rows(spark.sql("select cast(a as int) from values ('x') t(a)")) == [(None,)]


def test_settings_of_the_engine_hold_in_every_session(tmp_path: Path) -> None:
    """A project's settings are each session's from the start."""
    home = open_home(tmp_path, **{"spark.sql.ansi.enabled": "false"})
    try:
        assert rows(home.session().sql("select cast('x' as int)")) == [(None,)]
        assert home.session().conf.get("spark.sql.session.timeZone") == "UTC"
    finally:
        home.close()


@pytest.mark.parametrize(
    "key",
    [
        "fs.azure.account.key.st.dfs.core.windows.net",
        "fs.azure.account.oauth2.client.secret.st.dfs.core.windows.net",
        "spark.hadoop.fs.azure.sas.fixed.token.st",
        "my.password",
    ],
)
def test_credentials_are_accepted_and_never_echoed(
    spark: Any, key: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """By spark.conf or SQL: reading and writing go on, and the value is in no result, log, output or error."""
    caplog.set_level(logging.DEBUG)
    spark.conf.set(key, SECRET)
    shown = [
        str(spark.sql(f"set {key} = {SECRET}").collect()),
        str(spark.sql(f"set {key}").collect()),
        str(spark.sql("set").collect()),
    ]
    with pytest.raises(Exception, match="nothing_here") as caught:
        spark.sql("select nothing_here").collect()
    spark.range(1).write.mode("overwrite").parquet("abfss://raw@st.dfs.core.windows.net/credentials")
    out = capfd.readouterr()
    for text in (*shown, str(caught.value), caplog.text, out.out, out.err):
        assert SECRET not in text
    assert spark.conf.get(key) == SECRET
