//! How much a workspace holds.

use crate::error::Result;
use crate::workspace::Workspace;

/// How much a workspace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Bytes of the file.
    pub bytes: u64,
    /// Traces.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
    /// Audit events.
    pub audit_events: u64,
}

impl Workspace {
    /// How much there is.
    pub fn size(&self) -> Result<Size> {
        self.read(|connection| {
            let count = |sql: &str| -> Result<u64> {
                let n: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
                Ok(u64::try_from(n).unwrap_or(0))
            };
            Ok(Size {
                bytes: count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
                traces: count("SELECT count(*) FROM trace")?,
                spans: count("SELECT count(*) FROM span")?,
                audit_events: count("SELECT count(*) FROM audit_event")?,
            })
        })
    }
}
