//! The records of a batch that could not be read and are kept as they came.

use crate::error::{Result, StoreError};
use crate::pack;
use crate::rows::KeptRecord;
use crate::table::{batch, fact};
use crate::workspace::Workspace;
use retake_model::FactKind;
use rusqlite::Connection;

/// A record or a part of one, without its bytes.
struct Head {
    fact_pk: i64,
    file_pk: i64,
    byte_offset: u64,
    is_part: bool,
}

impl Workspace {
    /// Some of them from the `from`-th on, in the order of their files, and how many there are. Of each at most
    /// `max_bytes` are read.
    pub fn kept_records(
        &self,
        batch_id: &str,
        from: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<(Vec<KeptRecord>, u64)> {
        self.read(|connection| {
            let heads = heads(connection, batch_id)?;
            let records: Vec<&[Head]> = by_record(&heads).collect();
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            let shown = records.iter().skip(from).take(limit);
            let shown = shown.map(|parts| record(connection, parts, max_bytes)).collect::<Result<_>>()?;
            Ok((shown, records.len() as u64))
        })
    }

    /// Gives the bytes of one of them, part by part, to `take`: the first at this place, in the file of this path or in
    /// any.
    ///
    /// # Errors
    /// [`StoreError::IdUnknown`] when there is none; what `take` says.
    pub fn each_part_of_kept_record<E: From<StoreError>>(
        &self,
        batch_id: &str,
        path: Option<&str>,
        byte_offset: u64,
        take: &mut dyn FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let parts: Vec<i64> = self.read(|connection| {
            let heads = heads(connection, batch_id)?;
            for parts in by_record(&heads) {
                let Some(first) = parts.first().filter(|first| first.byte_offset == byte_offset) else { continue };
                if path.is_none_or(|path| path_of(connection, first.file_pk).is_ok_and(|found| found == path)) {
                    return Ok(parts.iter().map(|part| part.fact_pk).collect());
                }
            }
            Err(StoreError::IdUnknown(format!("record at byte {byte_offset} of batch {batch_id}")))
        })?;
        for fact_pk in parts {
            take(&self.read(|connection| body(connection, fact_pk))?)?;
        }
        Ok(())
    }
}

/// In the order of their files. Found by their keys: a batch of a million records has few of them.
fn heads(connection: &Connection, batch_id: &str) -> Result<Vec<Head>> {
    let batch_id = batch::id_of_prefix(connection, batch_id)?;
    let mut statement = connection.prepare_cached(
        "SELECT fact_pk, file_pk, byte_offset, kind FROM entity
         JOIN fact ON fact.owner = -entity_pk JOIN fact_source USING(source_id) JOIN claim USING(fact_pk)
         WHERE entity.key >= x'6878' AND entity.key < x'6879'
           AND batch_pk = (SELECT batch_pk FROM batch WHERE batch_id = ?1)
         ORDER BY file_pk, byte_offset, fact_pk",
    )?;
    let rows = statement
        .query_map([batch_id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?)))?;
    let mut heads = Vec::new();
    for row in rows {
        let (fact_pk, file_pk, byte_offset, kind) = row?;
        let is_part = match fact::kind(kind) {
            Some(FactKind::Rejected) => false,
            Some(FactKind::RejectedPart) => true,
            _ => continue,
        };
        heads.push(Head { fact_pk, file_pk, byte_offset: byte_offset.unsigned_abs(), is_part });
    }
    Ok(heads)
}

/// A record with the parts that follow it.
fn by_record(heads: &[Head]) -> impl Iterator<Item = &[Head]> {
    heads.chunk_by(|_, next| next.is_part)
}

fn record(connection: &Connection, parts: &[Head], max_bytes: usize) -> Result<KeptRecord> {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return Err(StoreError::Failed("a record without parts".to_owned()));
    };
    let mut begin = body(connection, first.fact_pk)?;
    let last_bytes = if parts.len() == 1 { begin.len() } else { body(connection, last.fact_pk)?.len() };
    let n_bytes = last.byte_offset.saturating_sub(first.byte_offset) + last_bytes as u64;
    begin.truncate(max_bytes);
    Ok(KeptRecord {
        path: path_of(connection, first.file_pk)?,
        byte_offset: first.byte_offset,
        source: fact::format_of(connection, first.fact_pk)?,
        n_bytes,
        begin,
    })
}

fn body(connection: &Connection, fact_pk: i64) -> Result<Vec<u8>> {
    pack::unpack(connection, &fact::body(connection, fact_pk)?)
}

fn path_of(connection: &Connection, file_pk: i64) -> Result<String> {
    let mut statement = connection.prepare_cached("SELECT path FROM file WHERE file_pk = ?1")?;
    Ok(statement.query_row([file_pk], |row| row.get(0))?)
}
