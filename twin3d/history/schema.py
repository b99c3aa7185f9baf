"""The history file: a SQLite database in WAL mode, its tables, and who may open it."""

import sqlite3
from pathlib import Path
from typing import Final

from twin3d.errors import HistoryError

APPLICATION_ID: Final = 0x54334448
"""``T3DH``: tells a history from other SQLite files."""
SCHEMA_VERSION: Final = 1

_TABLES: Final = """
CREATE TABLE sensors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE readings (
    id INTEGER PRIMARY KEY, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
    n_readings INTEGER NOT NULL, checksum INTEGER NOT NULL, columns BLOB NOT NULL);
CREATE INDEX readings_first ON readings (first_ns);
CREATE TABLE factors (
    id INTEGER PRIMARY KEY, n_modes INTEGER NOT NULL, checksum INTEGER NOT NULL, factor BLOB NOT NULL);
CREATE TABLE frames (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, sequence INTEGER NOT NULL, model_hash TEXT NOT NULL,
    factor INTEGER REFERENCES factors (id), provenance TEXT NOT NULL, flags TEXT NOT NULL,
    n_modes INTEGER NOT NULL, n_inputs INTEGER NOT NULL, checksum INTEGER NOT NULL, columns BLOB NOT NULL);
CREATE INDEX frames_time ON frames (time_ns);
CREATE TABLE events (id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX events_time ON events (time_ns);
CREATE TABLE models (hash TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE scenes (id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, text TEXT NOT NULL);
"""
BUSY_TIMEOUT_S: Final = 10.0


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or create a history; every committed transaction is on the disk before the commit returns."""
    connection = _connect(path, f"file:{_quoted(path)}?mode=rwc")
    try:
        if _table_names(connection):
            _check(connection, path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # One writer creates the tables; a second one that starts at the same moment waits and finds them.
        connection.execute("BEGIN IMMEDIATE")
        if not _table_names(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
        _check(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(path, error) from error
    except HistoryError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing history, while another process may write it."""
    if not path.is_file():
        raise HistoryError(f"there is no history at {path}; a twin writes one with `twin3d run SCENE --out FOLDER`")
    connection = _connect(path, f"file:{_quoted(path)}?mode=ro")
    try:
        _check(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(path, error) from error
    except HistoryError:
        connection.close()
        raise
    return connection


def unreadable(path: Path, error: Exception) -> HistoryError:
    """What SQLite's complaint means and what can be done."""
    if not isinstance(error, sqlite3.Error) or isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return HistoryError(f"something that was asked of the history {path} cannot be done: {error}")
    if isinstance(error, sqlite3.OperationalError):
        return HistoryError(f"the history {path} cannot be used: {error}; is the disk full or the folder read-only?")
    return HistoryError(
        f"the history {path} is damaged or no history: {error}; move it away to start a new one, "
        f'and save what is left with `sqlite3 FILE ".recover"`'
    )


def _connect(path: Path, uri: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise HistoryError(f"the history {path} cannot be opened: {error}; does its folder exist?") from error


def _quoted(path: Path) -> str:
    return path.resolve().as_uri().removeprefix("file://")


def _table_names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise HistoryError(f"{path} is a database of another program; choose another file for the history")
    if version > SCHEMA_VERSION:
        raise HistoryError(
            f"the history {path} was written by a newer twin3d (form {version}, this one knows {SCHEMA_VERSION}): "
            f"upgrade twin3d to read it"
        )
