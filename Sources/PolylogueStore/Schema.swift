/// The tables of `archive.db`; `docs/archive-format.md` describes them.
///
/// A released migration is never edited: a change of the schema is a new entry at the end.
enum Schema {
  /// `PRAGMA application_id`: "Poly".
  static let applicationID: Int64 = 0x506F_6C79

  /// The migrations in order; `PRAGMA user_version` counts how many have run.
  static let migrations: [(name: String, sql: String)] = [
    ("raw tier, conversations, user layer, change feed", first),
    ("deleted conversations", deletions),
    ("lists by time that filter within the index, cold storage", listsAndColdStorage),
    ("what waits for cold storage, and what was lost with it", waitingAndLost),
    ("notes", notes),
    ("which revision says what", revisions),
    ("seals of conversations", "ALTER TABLE revision ADD COLUMN seal INTEGER"),
  ]

  /// `message` is the message's own id; empty for a note on the conversation.
  private static let notes = """
    CREATE TABLE note (
      conversation TEXT NOT NULL,
      message TEXT NOT NULL,
      text TEXT NOT NULL,
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (conversation, message)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX attachment_missing ON attachment (message) WHERE state = 0;
    """

  private static let revisions = """
    CREATE TABLE revision (
      conversation INTEGER PRIMARY KEY,
      fidelity INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      parser_version INTEGER NOT NULL,
      richness INTEGER NOT NULL,
      digest INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE older_part (
      conversation INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      item INTEGER NOT NULL,
      fidelity INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      parser_version INTEGER NOT NULL,
      richness INTEGER NOT NULL,
      digest INTEGER NOT NULL,
      PRIMARY KEY (conversation, kind, item)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX withdrawn_message ON older_part (item) WHERE kind = 3;
    """

  private static let waitingAndLost = """
    CREATE TABLE waiting_fork (
      child INTEGER NOT NULL,
      parent INTEGER NOT NULL,
      PRIMARY KEY (child, parent)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lost_file (
      id INTEGER PRIMARY KEY
    ) STRICT;
    """

  /// What filters look at stands in the index that gives a list its order, so that only what a page
  /// shows is read from the table.
  private static let listsAndColdStorage = """
    DROP INDEX conversation_by_time;
    CREATE INDEX conversation_by_time ON conversation
      (sort_at, id, provider, project, features, models, title);
    CREATE INDEX conversation_by_provider ON conversation (provider, sort_at, id);
    CREATE INDEX conversation_by_project ON conversation (project, sort_at, id);
    CREATE INDEX conversation_by_models ON conversation (models, sort_at, id);
    DROP INDEX conversation_by_parent;
    CREATE INDEX conversation_by_parent ON conversation
      (provider, lineage_parent, created_at, native_id) WHERE lineage_parent IS NOT NULL;
    CREATE INDEX tag_by_name ON tag (name, conversation);

    CREATE INDEX tombstone_by_import ON tombstone (import) WHERE import IS NOT NULL;
    CREATE INDEX segment_by_blob ON segment (blob) WHERE blob IS NOT NULL;
    CREATE INDEX attachment_by_blob ON attachment (blob) WHERE blob IS NOT NULL;
    CREATE INDEX attachment_by_import ON attachment (import) WHERE import IS NOT NULL;

    CREATE TABLE cold (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uuid BLOB NOT NULL UNIQUE,
      path TEXT NOT NULL,
      before INTEGER NOT NULL DEFAULT 0,
      messages INTEGER NOT NULL DEFAULT 0,
      blobs INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    """

  private static let first = """
    CREATE TABLE dictionary (
      id INTEGER PRIMARY KEY,
      purpose TEXT NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE blob (
      id INTEGER PRIMARY KEY,
      sha256 BLOB NOT NULL UNIQUE,
      size INTEGER NOT NULL,
      codec INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE import (
      id INTEGER PRIMARY KEY,
      label TEXT NOT NULL,
      container INTEGER REFERENCES import (id),
      kind INTEGER NOT NULL,
      status INTEGER NOT NULL,
      provider TEXT,
      sha256 BLOB,
      size INTEGER NOT NULL,
      imported_at INTEGER NOT NULL,
      parser_version INTEGER,
      conversations INTEGER NOT NULL DEFAULT 0,
      messages INTEGER NOT NULL DEFAULT 0,
      attachments INTEGER NOT NULL DEFAULT 0,
      missing INTEGER NOT NULL DEFAULT 0,
      error TEXT,
      receipt TEXT,
      device INTEGER,
      inode INTEGER,
      modified INTEGER,
      changed INTEGER
    ) STRICT;
    CREATE INDEX import_by_label ON import (label);
    CREATE INDEX import_by_size ON import (size);
    CREATE INDEX import_by_hash ON import (sha256);
    CREATE INDEX import_by_container ON import (container) WHERE container IS NOT NULL;

    CREATE TABLE segment (
      import INTEGER NOT NULL REFERENCES import (id),
      position INTEGER NOT NULL,
      separator BLOB,
      blob INTEGER REFERENCES blob (id),
      PRIMARY KEY (import, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE conversation (
      id INTEGER PRIMARY KEY,
      provider TEXT NOT NULL,
      native_id TEXT NOT NULL,
      title TEXT,
      created_at INTEGER,
      updated_at INTEGER,
      sort_at INTEGER NOT NULL DEFAULT 0,
      project TEXT,
      lineage_kind INTEGER,
      lineage_parent TEXT,
      lineage_origin TEXT,
      fidelity INTEGER NOT NULL,
      metadata TEXT,
      models TEXT,
      features INTEGER NOT NULL DEFAULT 0,
      messages INTEGER NOT NULL DEFAULT 0,
      attachments INTEGER NOT NULL DEFAULT 0,
      import INTEGER REFERENCES import (id),
      blob INTEGER REFERENCES blob (id),
      UNIQUE (provider, native_id)
    ) STRICT;
    CREATE INDEX conversation_by_time ON conversation (sort_at, id);
    CREATE INDEX conversation_by_blob ON conversation (blob) WHERE blob IS NOT NULL;
    CREATE INDEX conversation_by_import ON conversation (import);
    CREATE INDEX conversation_by_parent ON conversation (provider, lineage_parent)
      WHERE lineage_parent IS NOT NULL;

    CREATE TABLE record (
      blob INTEGER NOT NULL REFERENCES blob (id),
      provider TEXT NOT NULL,
      conversation INTEGER NOT NULL REFERENCES conversation (id),
      parser_version INTEGER NOT NULL,
      PRIMARY KEY (blob, provider, conversation)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX record_by_conversation ON record (conversation);

    CREATE TABLE model (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      conversation INTEGER NOT NULL REFERENCES conversation (id),
      position INTEGER NOT NULL,
      native_id ANY NOT NULL,
      parent INTEGER,
      role INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      flags INTEGER NOT NULL,
      model INTEGER REFERENCES model (id),
      timestamp INTEGER,
      hash INTEGER NOT NULL,
      original INTEGER REFERENCES message (id),
      codec INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX message_by_position ON message (conversation, position);
    CREATE INDEX message_by_original ON message (original) WHERE original IS NOT NULL;

    CREATE TABLE shared_message (
      native_id BLOB NOT NULL,
      message INTEGER NOT NULL REFERENCES message (id),
      PRIMARY KEY (native_id, message)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE attachment (
      id INTEGER PRIMARY KEY,
      message INTEGER NOT NULL REFERENCES message (id),
      position INTEGER NOT NULL,
      native_id TEXT NOT NULL,
      name TEXT,
      media_type TEXT,
      size INTEGER,
      state INTEGER NOT NULL,
      member TEXT,
      import INTEGER REFERENCES import (id),
      blob INTEGER REFERENCES blob (id),
      codec INTEGER NOT NULL DEFAULT 0,
      text BLOB,
      UNIQUE (message, position)
    ) STRICT;

    CREATE TABLE tag (
      conversation TEXT NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (conversation, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE star (
      conversation TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE total (
      provider TEXT PRIMARY KEY,
      conversations INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      attachments INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE change (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      kind INTEGER NOT NULL,
      conversation INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL
    ) STRICT;
    """

  private static let deletions = """
    CREATE TABLE tombstone (
      provider TEXT NOT NULL,
      native_id TEXT NOT NULL,
      deleted_at INTEGER NOT NULL,
      sequence INTEGER NOT NULL UNIQUE,
      messages INTEGER NOT NULL,
      import INTEGER REFERENCES import (id),
      PRIMARY KEY (provider, native_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE highest_deleted (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      conversation INTEGER NOT NULL,
      message INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE deleted_record (
      blob INTEGER NOT NULL REFERENCES blob (id),
      provider TEXT NOT NULL,
      native_id TEXT NOT NULL,
      messages INTEGER NOT NULL,
      PRIMARY KEY (blob, provider, native_id)
    ) STRICT, WITHOUT ROWID;
    """
}
