//! Messages, each distinct one once, and contexts: a conversation's history is a path in a trie, one row per new message
//! and not one per call. A context's `n_uses` counts the spans and the contexts below that need it.

use crate::blob::Packer;
use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::table::text::{self, TextCache};
use foldhash::HashMap;
use retake_model::{ContentState, Message, Part, Role};
use rusqlite::types::Value as Column;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-message",
    sql: "
    CREATE TABLE message(
        message_id INTEGER PRIMARY KEY,
        role INTEGER NOT NULL,
        parts ANY NOT NULL,
        n_uses INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE message_key(hash BLOB PRIMARY KEY, message_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE context(
        context_id INTEGER PRIMARY KEY,
        parent_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        depth INTEGER NOT NULL,
        n_uses INTEGER NOT NULL,
        UNIQUE(parent_id, message_id)
    ) STRICT;
    CREATE TABLE introduced(
        context_id INTEGER NOT NULL,
        scope INTEGER NOT NULL,
        span_pk INTEGER NOT NULL,
        PRIMARY KEY(context_id, scope)
    ) STRICT, WITHOUT ROWID;",
}];

/// The empty history.
pub(crate) const ROOT: i64 = 0;

/// A part as it is kept: texts by their ids. `Json` holds what has no text of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum StoredPart {
    #[serde(rename = "t")]
    Text(i64),
    #[serde(rename = "r")]
    Reasoning(i64),
    #[serde(rename = "c")]
    ToolCall { id: Option<String>, name: String, args: i64 },
    #[serde(rename = "a")]
    ToolResult { id: Option<String>, name: Option<String>, text: i64, error: bool },
    #[serde(rename = "j")]
    Json(i64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredMessage {
    #[serde(rename = "p")]
    parts: Vec<StoredPart>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "s", default, skip_serializing_if = "is_present")]
    state: ContentState,
}

impl StoredMessage {
    /// The text's id where a message is one text and nothing else, as nearly all are; else JSON.
    fn to_column(&self) -> Result<Column> {
        match self.parts.as_slice() {
            [StoredPart::Text(id)] if self.name.is_none() && is_present(&self.state) => Ok(Column::Integer(*id)),
            _ => Ok(Column::Text(to_json(self)?)),
        }
    }

    fn of_column(column: Column) -> Result<Self> {
        match column {
            Column::Integer(id) => {
                Ok(Self { parts: vec![StoredPart::Text(id)], name: None, state: ContentState::Present })
            }
            Column::Text(json) => from_json(&json),
            _ => Err(StoreError::Damaged { path: Default::default(), why: "a message cannot be read".to_owned() }),
        }
    }
}

fn is_present(state: &ContentState) -> bool {
    *state == ContentState::Present
}

/// A tool call that stands in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MessageCall {
    pub call_id: Option<String>,
    pub name: String,
    /// Text of the arguments, for calls without an id.
    pub args: i64,
}

/// What the readers of contexts need of a message.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageFacts {
    /// Texts to find it by.
    pub texts: Vec<i64>,
    /// Its tool calls.
    pub calls: Vec<MessageCall>,
    /// Who said it; `None` is nobody yet.
    pub role: Option<Role>,
    /// Its first plain text.
    pub first_text: Option<i64>,
}

/// Looked-up messages and contexts of the writer.
#[derive(Debug, Default)]
pub(crate) struct MessageCache {
    messages: HashMap<[u8; 16], i64>,
    contexts: HashMap<(i64, i64), i64>,
    nodes: HashMap<i64, (i64, i64, u32)>,
    facts: HashMap<i64, Arc<MessageFacts>>,
}

impl MessageCache {
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.contexts.clear();
        self.nodes.clear();
        self.facts.clear();
    }

    /// What contexts need of a message.
    pub(crate) fn facts(&mut self, connection: &Connection, message_id: i64) -> Result<Arc<MessageFacts>> {
        if let Some(facts) = self.facts.get(&message_id) {
            return Ok(facts.clone());
        }
        let facts = Arc::new(facts(connection, message_id)?);
        if self.facts.len() > 30_000 {
            self.facts.clear();
        }
        self.facts.insert(message_id, facts.clone());
        Ok(facts)
    }

    /// The path of `messages` (with their hashes) below `from`; new messages and contexts are inserted. The caller counts
    /// the use of its end.
    pub(crate) fn path<'m>(
        &mut self,
        connection: &Connection,
        texts: &mut TextCache,
        packer: &mut Packer,
        from: i64,
        messages: impl Iterator<Item = (&'m Message, [u8; 16])>,
    ) -> Result<i64> {
        let mut at = from;
        for (message, hash) in messages {
            let message_id = self.message(connection, texts, packer, message, hash)?;
            at = self.step(connection, at, message_id)?;
        }
        Ok(at)
    }

    fn step(&mut self, connection: &Connection, parent_id: i64, message_id: i64) -> Result<i64> {
        if let Some(id) = self.contexts.get(&(parent_id, message_id)) {
            return Ok(*id);
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT context_id FROM context WHERE parent_id = ?1 AND message_id = ?2")?
            .query_row([parent_id, message_id], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                let depth = self.depth(connection, parent_id)? + 1;
                connection
                    .prepare_cached("INSERT INTO context(parent_id, message_id, depth, n_uses) VALUES(?1, ?2, ?3, 0)")?
                    .execute(params![parent_id, message_id, depth])?;
                let id = connection.last_insert_rowid();
                use_context(connection, parent_id, 1)?;
                connection
                    .prepare_cached("UPDATE message SET n_uses = n_uses + 1 WHERE message_id = ?1")?
                    .execute([message_id])?;
                self.nodes.insert(id, (parent_id, message_id, depth));
                id
            }
        };
        if self.contexts.len() > 100_000 {
            self.contexts.clear();
        }
        self.contexts.insert((parent_id, message_id), id);
        Ok(id)
    }

    fn message(
        &mut self,
        connection: &Connection,
        texts: &mut TextCache,
        packer: &mut Packer,
        message: &Message,
        hash: [u8; 16],
    ) -> Result<i64> {
        if let Some(id) = self.messages.get(&hash) {
            return Ok(*id);
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT message_id FROM message_key WHERE hash = ?1")?
            .query_row([hash.as_slice()], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                let stored = store(connection, texts, packer, message)?;
                connection
                    .prepare_cached("INSERT INTO message(role, parts, n_uses) VALUES(?1, ?2, 0)")?
                    .execute(params![role_number(message.role), stored.to_column()?])?;
                let id = connection.last_insert_rowid();
                connection
                    .prepare_cached("INSERT INTO message_key(hash, message_id) VALUES(?1, ?2)")?
                    .execute(params![hash.as_slice(), id])?;
                id
            }
        };
        if self.messages.len() > 100_000 {
            self.messages.clear();
        }
        self.messages.insert(hash, id);
        Ok(id)
    }

    /// (parent, message, depth) of a context.
    pub(crate) fn node(&mut self, connection: &Connection, context_id: i64) -> Result<(i64, i64, u32)> {
        if let Some(node) = self.nodes.get(&context_id) {
            return Ok(*node);
        }
        let node = node(connection, context_id)?;
        if self.nodes.len() > 100_000 {
            self.nodes.clear();
        }
        self.nodes.insert(context_id, node);
        Ok(node)
    }

    /// Length of a history.
    pub(crate) fn depth(&mut self, connection: &Connection, context_id: i64) -> Result<u32> {
        if context_id == ROOT { Ok(0) } else { Ok(self.node(connection, context_id)?.2) }
    }

    /// Takes a use of a context back; what nobody needs any more goes, up to the root.
    pub(crate) fn drop_use(&mut self, connection: &Connection, texts: &mut TextCache, context_id: i64) -> Result<()> {
        let mut at = context_id;
        while at != ROOT && use_context(connection, at, -1)? <= 0 {
            let (parent_id, message_id, _) = node(connection, at)?;
            connection.prepare_cached("DELETE FROM context WHERE context_id = ?1")?.execute([at])?;
            self.contexts.remove(&(parent_id, message_id));
            self.nodes.remove(&at);
            let left: i64 = connection
                .prepare_cached("UPDATE message SET n_uses = n_uses - 1 WHERE message_id = ?1 RETURNING n_uses")?
                .query_row([message_id], |row| row.get(0))?;
            if left <= 0 {
                self.remove_message(connection, texts, message_id)?;
            }
            at = parent_id;
        }
        Ok(())
    }

    fn remove_message(&mut self, connection: &Connection, texts: &mut TextCache, message_id: i64) -> Result<()> {
        let message = read(connection, message_id)?;
        let hash = hash_of(&message);
        for text_id in facts(connection, message_id)?.texts.into_iter().chain(json_texts(connection, message_id)?) {
            texts.add_use(text_id, -1);
        }
        self.messages.remove(&hash);
        self.facts.remove(&message_id);
        connection.prepare_cached("DELETE FROM message_key WHERE hash = ?1")?.execute([hash.as_slice()])?;
        connection.prepare_cached("DELETE FROM message WHERE message_id = ?1")?.execute([message_id])?;
        Ok(())
    }
}

/// Adds uses to a context and gives what it has then. The root needs none.
pub(crate) fn use_context(connection: &Connection, context_id: i64, n: i64) -> Result<i64> {
    if context_id == ROOT {
        return Ok(1);
    }
    Ok(connection
        .prepare_cached("UPDATE context SET n_uses = n_uses + ?2 WHERE context_id = ?1 RETURNING n_uses")?
        .query_row([context_id, n], |row| row.get(0))?)
}

/// (parent, message, depth) of a context.
pub(crate) fn node(connection: &Connection, context_id: i64) -> Result<(i64, i64, u32)> {
    let mut statement =
        connection.prepare_cached("SELECT parent_id, message_id, depth FROM context WHERE context_id = ?1")?;
    Ok(statement.query_row([context_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// Contexts from just below `from` down to `to`, in order.
pub(crate) fn nodes_between(connection: &Connection, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    let mut path = Vec::new();
    let mut at = to;
    while at != from && at != ROOT {
        let (parent_id, message_id, _) = node(connection, at)?;
        path.push((at, message_id));
        at = parent_id;
    }
    path.reverse();
    Ok(path)
}

/// Messages from just below `from` down to `to`.
pub(crate) fn messages_between(connection: &Connection, from: i64, to: i64) -> Result<Vec<Message>> {
    nodes_between(connection, from, to)?.into_iter().map(|(_, message_id)| read(connection, message_id)).collect()
}

/// A message.
pub(crate) fn read(connection: &Connection, message_id: i64) -> Result<Message> {
    let (role, stored) = read_stored(connection, message_id)?;
    let text = |text_id: i64| -> Result<String> {
        text::read(connection, text_id)?.ok_or_else(|| StoreError::Damaged {
            path: Default::default(),
            why: format!("text {text_id} of a message is missing"),
        })
    };
    let mut parts = Vec::with_capacity(stored.parts.len());
    for part in stored.parts {
        parts.push(match part {
            StoredPart::Text(id) => Part::Text { text: text(id)? },
            StoredPart::Reasoning(id) => Part::Reasoning { text: text(id)? },
            StoredPart::ToolCall { id, name, args } => {
                Part::ToolCall { id, name, arguments: from_json::<Value>(&text(args)?)? }
            }
            StoredPart::ToolResult { id, name, text: text_id, error } => {
                Part::ToolResult { id, name, text: text(text_id)?, is_error: error }
            }
            StoredPart::Json(id) => from_json(&text(id)?)?,
        });
    }
    Ok(Message { role, parts, name: stored.name, content_state: stored.state })
}

/// What contexts need of a message.
pub(crate) fn facts(connection: &Connection, message_id: i64) -> Result<MessageFacts> {
    let (role, stored) = read_stored(connection, message_id)?;
    let mut facts = MessageFacts { role: Some(role), ..MessageFacts::default() };
    for part in stored.parts {
        if let StoredPart::Text(id) = part {
            facts.first_text = facts.first_text.or(Some(id));
        }
        match part {
            StoredPart::Text(id) | StoredPart::Reasoning(id) | StoredPart::ToolResult { text: id, .. } => {
                facts.texts.push(id);
            }
            StoredPart::ToolCall { id, name, args } => {
                facts.texts.push(args);
                facts.calls.push(MessageCall { call_id: id, name, args });
            }
            StoredPart::Json(_) => {}
        }
    }
    Ok(facts)
}

/// Every text that a message needs, one entry a use.
pub(crate) fn used_texts(connection: &Connection, message_id: i64) -> Result<Vec<i64>> {
    let mut all = facts(connection, message_id)?.texts;
    all.extend(json_texts(connection, message_id)?);
    Ok(all)
}

fn json_texts(connection: &Connection, message_id: i64) -> Result<Vec<i64>> {
    let parts = read_stored(connection, message_id)?.1.parts;
    Ok(parts.iter().filter_map(|part| if let StoredPart::Json(id) = part { Some(*id) } else { None }).collect())
}

/// Role and first text of a message, without reading the others.
pub(crate) fn role_and_text(connection: &Connection, message_id: i64) -> Result<(Role, Option<i64>)> {
    let (role, stored) = read_stored(connection, message_id)?;
    let text = stored.parts.iter().find_map(|part| if let StoredPart::Text(id) = part { Some(*id) } else { None });
    Ok((role, text))
}

fn read_stored(connection: &Connection, message_id: i64) -> Result<(Role, StoredMessage)> {
    let mut statement = connection.prepare_cached("SELECT role, parts FROM message WHERE message_id = ?1")?;
    let (role, parts): (i64, Column) = statement.query_row([message_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((role_of(role), StoredMessage::of_column(parts)?))
}

fn store(
    connection: &Connection,
    texts: &mut TextCache,
    packer: &mut Packer,
    message: &Message,
) -> Result<StoredMessage> {
    let mut keep = |text: &str| -> Result<i64> {
        let id = texts.id(connection, packer, text)?;
        texts.add_use(id, 1);
        Ok(id)
    };
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        parts.push(match part {
            Part::Text { text } => StoredPart::Text(keep(text)?),
            Part::Reasoning { text } => StoredPart::Reasoning(keep(text)?),
            Part::ToolCall { id, name, arguments } => {
                StoredPart::ToolCall { id: id.clone(), name: name.clone(), args: keep(&to_json(arguments)?)? }
            }
            Part::ToolResult { id, name, text, is_error } => {
                StoredPart::ToolResult { id: id.clone(), name: name.clone(), text: keep(text)?, error: *is_error }
            }
            Part::Image { .. } | Part::File { .. } | Part::Opaque { .. } => StoredPart::Json(keep(&to_json(part)?)?),
        });
    }
    Ok(StoredMessage { parts, name: message.name.clone(), state: message.content_state })
}

/// What makes two messages the same.
pub(crate) fn hash_of(message: &Message) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    // A message of strings and JSON values cannot fail to be written, nor can a hasher to take it.
    let _always = serde_json::to_writer(&mut hasher, message);
    text::first_16(hasher.finalize())
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    crate::table::batch::to_json(value)
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
}

fn role_number(role: Role) -> i64 {
    match role {
        Role::System => 0,
        Role::User => 1,
        Role::Assistant => 2,
        Role::Tool => 3,
    }
}

fn role_of(number: i64) -> Role {
    match number {
        0 => Role::System,
        1 => Role::User,
        2 => Role::Assistant,
        _ => Role::Tool,
    }
}
