//! Points of the metrics from the columns: numbers as they stand there, names as texts that all points share.

use crate::rows::{MetricPoint, SpanKey};
use crate::search::columns::{Columns, UNKNOWN};
use crate::search::eval::prompt_text;
use crate::table::span::{Shape, scope_of, status_of};
use std::collections::HashMap;
use std::sync::Arc;

/// Makes points.
pub(crate) struct Points<'a> {
    columns: &'a Columns,
    /// Texts by the id of their name.
    names: HashMap<u32, Option<Arc<str>>>,
    /// `name@version` by the ids of both.
    prompts: HashMap<(u32, u32), Option<Arc<str>>>,
}

impl<'a> Points<'a> {
    pub(crate) fn new(columns: &'a Columns) -> Self {
        Self { columns, names: HashMap::new(), prompts: HashMap::new() }
    }

    /// The point of a span.
    pub(crate) fn at(&mut self, at: usize) -> MetricPoint {
        let columns = self.columns;
        let spans = &columns.spans;
        let number = |column: &[i64]| column.get(at).copied().filter(|value| *value != UNKNOWN);
        let ms = |column: &[i64]| number(column).map(|ns| ns as f64 / 1e6);
        let id = |column: &[u32]| column.get(at).copied().unwrap_or(0);
        let bits = i64::from(spans.bits.get(at).copied().unwrap_or(0));
        let shape = Shape { kind: spans.kind.get(at).copied().unwrap_or(0), ..Shape::default() };
        MetricPoint {
            span: SpanKey(id(&spans.pk)),
            kind: shape.kind().unwrap_or_default(),
            time_ns: number(&spans.start),
            tenant: self.name(id(&spans.tenant)),
            user: self.name(id(&spans.user)),
            feature: self.name(id(&spans.feature)),
            environment: self.name(id(&spans.environment)),
            provider: self.name(id(&spans.provider)),
            model: self.name(id(&spans.response_model)).or_else(|| self.name(id(&spans.request_model))),
            prompt: self.prompt(id(&spans.prompt_name), id(&spans.prompt_version)),
            status: status_of(bits),
            latency_ms: ms(&spans.duration),
            ttft_ms: ms(&spans.ttft),
            input_tokens: number(&spans.input),
            output_tokens: number(&spans.output),
            cost_usd_nanos: number(&spans.cost),
            usage_scope: scope_of(bits),
        }
    }

    fn name(&mut self, id: u32) -> Option<Arc<str>> {
        if id == 0 {
            return None;
        }
        let columns = self.columns;
        self.names.entry(id).or_insert_with(|| columns.name(id).map(Arc::from)).clone()
    }

    fn prompt(&mut self, name: u32, version: u32) -> Option<Arc<str>> {
        if (name, version) == (0, 0) {
            return None;
        }
        let columns = self.columns;
        let text = || {
            let (name, version) = (columns.name(name), columns.name(version));
            (name.is_some() || version.is_some()).then(|| Arc::from(prompt_text(name, version)))
        };
        self.prompts.entry((name, version)).or_insert_with(text).clone()
    }
}
