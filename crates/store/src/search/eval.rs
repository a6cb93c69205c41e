//! What matches: every term becomes a set of positions, sets are intersected.
//!
//! Of traces, a term has to hold *somewhere in the trace*: on any of its spans, each term on its own; `span(…)` binds its
//! terms to one span. What a list shows of a trace as a whole is compared as such: start, duration, time to first token
//! (the longest), tokens and cost (sums over own usage), and `status:ok` (nothing in it failed). A negation holds when
//! its term holds nowhere in the trace.
//!
//! Of spans, all terms bind to the one span, with what it inherits (tenant, user, feature, conversation, prompt,
//! environment); words have to be introduced on it.

use crate::error::{Result, StoreError};
use crate::query::ids;
use crate::rows::Cancel;
use crate::search::bits::Bits;
use crate::search::columns::{Columns, UNKNOWN};
use crate::search::lists::{Lists, tool_statuses};
use crate::table::run::ids_with_prefix;
use crate::table::span::{Shape, bit, status_of};
use retake_model::{FindingCode, SpanKind, SpanStatus};
use retake_query::{Expr, Field, FieldTerm, Pattern, Term, Test};
use rusqlite::Connection;
use std::collections::HashSet;

/// One evaluation.
pub(crate) struct Eval<'a> {
    pub connection: &'a Connection,
    pub columns: &'a Columns,
    pub lists: &'a mut Lists,
    pub cancel: &'a Cancel,
}

impl Eval<'_> {
    /// Traces that match.
    pub(crate) fn traces(&mut self, expr: &Expr) -> Result<Bits> {
        self.stop()?;
        match expr {
            Expr::All => Ok(self.columns.live_traces.clone()),
            Expr::And(members) => {
                let mut all = self.columns.live_traces.clone();
                for member in members {
                    all.and(&self.traces(member)?);
                }
                Ok(all)
            }
            Expr::Or(members) => {
                let mut any = Bits::none(self.columns.traces.pk.len());
                for member in members {
                    any.or(&self.traces(member)?);
                }
                Ok(any)
            }
            Expr::Not(member) => {
                let mut rest = self.columns.live_traces.clone();
                rest.without(&self.traces(member)?);
                Ok(rest)
            }
            Expr::Term(Term::Span(inner)) => {
                let spans = self.spans(inner)?;
                Ok(self.traces_with(&spans))
            }
            Expr::Term(Term::Words(words)) => {
                let spans = self.words(words)?;
                Ok(self.traces_with(&spans))
            }
            Expr::Term(Term::Field(term)) => match self.of_trace(term) {
                Some(traces) => Ok(traces),
                None => {
                    let spans = self.field(term)?;
                    Ok(self.traces_with(&spans))
                }
            },
        }
    }

    /// Spans that match.
    pub(crate) fn spans(&mut self, expr: &Expr) -> Result<Bits> {
        self.stop()?;
        match expr {
            Expr::All => Ok(self.columns.live_spans.clone()),
            Expr::And(members) => {
                let mut all = self.columns.live_spans.clone();
                for member in members {
                    all.and(&self.spans(member)?);
                }
                Ok(all)
            }
            Expr::Or(members) => {
                let mut any = Bits::none(self.columns.spans.pk.len());
                for member in members {
                    any.or(&self.spans(member)?);
                }
                Ok(any)
            }
            Expr::Not(member) => {
                let mut rest = self.columns.live_spans.clone();
                rest.without(&self.spans(member)?);
                Ok(rest)
            }
            Expr::Term(Term::Span(inner)) => self.spans(inner),
            Expr::Term(Term::Words(words)) => self.words(words),
            Expr::Term(Term::Field(term)) => self.field(term),
        }
    }

    pub(super) fn stop(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    fn traces_with(&self, spans: &Bits) -> Bits {
        let mut traces = Bits::none(self.columns.traces.pk.len());
        for at in spans.iter() {
            if let Some(trace) = self.columns.spans.trace.get(at) {
                traces.insert(*trace as usize);
            }
        }
        traces.and(&self.columns.live_traces);
        traces
    }

    /// Terms that a trace as a whole answers.
    fn of_trace(&self, term: &FieldTerm) -> Option<Bits> {
        let traces = &self.columns.traces;
        let column = match term.field {
            Field::Latency => &traces.duration,
            Field::Ttft => &traces.ttft,
            Field::Cost => &traces.cost,
            Field::Input => &traces.input,
            Field::Output => &traces.output,
            Field::Time => &traces.start,
            Field::Tokens => {
                return Some(self.live_traces(|at| {
                    let (input, output) = (number(&traces.input, at), number(&traces.output, at));
                    holds(&term.test, sum(input, output))
                }));
            }
            Field::Status => {
                let Test::Text(pattern) = &term.test else { return None };
                return Some(self.live_traces(|at| {
                    let bits = i64::from(traces.bits.get(at).copied().unwrap_or(0));
                    if bits & bit::ERROR != 0 {
                        return pattern.matches("error");
                    }
                    let root = traces.root.get(at).and_then(|root| self.columns.spans.bits.get(*root as usize));
                    ok_or_unset(pattern, status_of(i64::from(root.copied().unwrap_or(0))))
                }));
            }
            _ => return None,
        };
        Some(self.live_traces(|at| holds(&term.test, number(column, at))))
    }

    fn live_traces(&self, mut holds: impl FnMut(usize) -> bool) -> Bits {
        let mut bits = Bits::collect(self.columns.traces.pk.len(), &mut holds);
        bits.and(&self.columns.live_traces);
        bits
    }

    fn field(&mut self, term: &FieldTerm) -> Result<Bits> {
        let spans = &self.columns.spans;
        let n = spans.pk.len();
        let mut bits = match (&term.test, term.field) {
            (Test::Text(pattern), Field::Tenant) => self.named(pattern, &[&spans.tenant]),
            (Test::Text(pattern), Field::Feature) => self.named(pattern, &[&spans.feature]),
            (Test::Text(pattern), Field::User) => self.named(pattern, &[&spans.user]),
            (Test::Text(pattern), Field::Conversation) => self.named(pattern, &[&spans.conversation]),
            (Test::Text(pattern), Field::Environment) => self.named(pattern, &[&spans.environment]),
            (Test::Text(pattern), Field::Provider) => self.named(pattern, &[&spans.provider]),
            (Test::Text(pattern), Field::Name) => self.named(pattern, &[&spans.name]),
            (Test::Text(pattern), Field::Model) => self.named(pattern, &[&spans.request_model, &spans.response_model]),
            (Test::Text(pattern), Field::Prompt) => self.prompt(pattern),
            (Test::Text(pattern), Field::Kind) => {
                let kinds: Vec<bool> = (0..=SpanKind::ALL.len() as u8)
                    .map(|kind| {
                        let shape = Shape { kind, ..Shape::default() };
                        pattern.matches(shape.kind().unwrap_or_default().as_str())
                    })
                    .collect();
                Bits::collect(n, |at| {
                    let kind = spans.kind.get(at).copied().unwrap_or(0);
                    kinds.get(usize::from(kind)).copied().unwrap_or(false)
                })
            }
            (Test::Text(pattern), Field::Status) => {
                Bits::collect(n, |at| match status_of(i64::from(spans.bits.get(at).copied().unwrap_or(0))) {
                    SpanStatus::Error => pattern.matches("error"),
                    other => ok_or_unset(pattern, other),
                })
            }
            (Test::Text(pattern), Field::Tool) => {
                let pairs = self.lists.tools(self.connection, self.columns)?;
                self.paired(pattern, &pairs)
            }
            (Test::Text(pattern), Field::Doc) => {
                let pairs = self.lists.documents(self.connection, self.columns)?;
                self.paired(pattern, &pairs)
            }
            (Test::Text(pattern), Field::ToolStatus) => self.tool_status(pattern)?,
            (Test::Text(pattern), Field::Has) => self.has(pattern)?,
            (Test::Text(pattern), Field::Id) => self.id(pattern)?,
            (Test::Text(pattern), Field::Batch) => self.batch(pattern)?,
            (test, Field::Score) => self.score(term.name.as_deref().unwrap_or_default(), test)?,
            (test, Field::Tokens) => {
                Bits::collect(n, |at| holds(test, sum(number(&spans.input, at), number(&spans.output, at))))
            }
            (test, field) => {
                let column = match field {
                    Field::Latency => &spans.duration,
                    Field::Ttft => &spans.ttft,
                    Field::Cost => &spans.cost,
                    Field::Input => &spans.input,
                    Field::Output => &spans.output,
                    _ => &spans.start,
                };
                Bits::collect(n, |at| holds(test, number(column, at)))
            }
        };
        bits.and(&self.columns.live_spans);
        Ok(bits)
    }

    /// Whether a name matches, by its id; a column holds few of all names, and each is looked at once.
    fn name_test<'p>(&'p self, pattern: &'p Pattern) -> impl FnMut(u32) -> bool + 'p {
        let mut known: Vec<Option<bool>> = vec![None; self.columns.n_names() + 1];
        let any = pattern.pieces.iter().all(String::is_empty) && pattern.pieces.len() > 1;
        move |id| {
            let Some(known) = known.get_mut(id as usize).filter(|_| id != 0) else { return false };
            *known.get_or_insert_with(|| any || self.columns.name(id).is_some_and(|text| pattern.matches(text)))
        }
    }

    fn named(&self, pattern: &Pattern, columns: &[&Vec<u32>]) -> Bits {
        let mut fits = self.name_test(pattern);
        Bits::collect(self.columns.spans.pk.len(), |at| {
            columns.iter().any(|column| column.get(at).is_some_and(|id| fits(*id)))
        })
    }

    fn paired(&self, pattern: &Pattern, pairs: &[(u32, u32)]) -> Bits {
        let mut fits = self.name_test(pattern);
        let mut bits = Bits::none(self.columns.spans.pk.len());
        for (at, name) in pairs {
            if fits(*name) {
                bits.insert(*at as usize);
            }
        }
        bits
    }

    /// By name, or as `name@version`.
    fn prompt(&self, pattern: &Pattern) -> Bits {
        let spans = &self.columns.spans;
        let mut known: std::collections::HashMap<(u32, u32), bool> = std::collections::HashMap::new();
        Bits::collect(spans.pk.len(), |at| {
            let name = spans.prompt_name.get(at).copied().unwrap_or(0);
            let version = spans.prompt_version.get(at).copied().unwrap_or(0);
            if (name, version) == (0, 0) {
                return false;
            }
            *known.entry((name, version)).or_insert_with(|| {
                let (name, version) = (self.columns.name(name), self.columns.name(version));
                name.is_some_and(|name| pattern.matches(name)) || pattern.matches(&prompt_text(name, version))
            })
        })
    }

    fn tool_status(&mut self, pattern: &Pattern) -> Result<Bits> {
        let tools = self.lists.tools(self.connection, self.columns)?;
        let decisions = self.lists.decisions(self.connection, self.columns)?;
        let mut bits = Bits::none(self.columns.spans.pk.len());
        for (at, word) in tool_statuses(self.columns, &tools, &decisions).iter() {
            if pattern.matches(word) {
                bits.insert(*at as usize);
            }
        }
        Ok(bits)
    }

    fn has(&mut self, pattern: &Pattern) -> Result<Bits> {
        let retake_query::Takes::Words(words) = Field::Has.info().takes else {
            return Ok(Bits::none(self.columns.spans.pk.len()));
        };
        let mut bits = Bits::none(self.columns.spans.pk.len());
        for word in words.iter().filter(|word| pattern.matches(word)) {
            bits.or(&self.has_word(word)?);
        }
        Ok(bits)
    }

    /// Spans that have what a word of `has:` says.
    pub(crate) fn has_word(&mut self, word: &str) -> Result<Bits> {
        let spans = &self.columns.spans;
        let n = spans.pk.len();
        let flagged =
            |flag: i64| Bits::collect(n, |at| i64::from(spans.bits.get(at).copied().unwrap_or(0)) & flag != 0);
        if let Some(code) = FindingCode::parse(word) {
            return Ok(self.lists.findings(self.connection, self.columns, code)?.as_ref().clone());
        }
        Ok(match word {
            "finding" => {
                let mut bits = Bits::none(n);
                for code in FindingCode::ALL {
                    bits.or(self.lists.findings(self.connection, self.columns, code)?.as_ref());
                }
                bits
            }
            "error" => flagged(bit::ERROR),
            "retry" => flagged(bit::RETRY),
            "tool" => flagged(bit::TOOL),
            "document" => flagged(bit::DOCUMENT),
            "score" => flagged(bit::SCORE),
            "no_content" => flagged(bit::NO_CONTENT),
            "parent_missing" => flagged(bit::PARENT_MISSING),
            "log_only" => flagged(bit::LOG_ONLY),
            "clock_skew" => flagged(bit::CLOCK_SKEW),
            "cost" => Bits::collect(n, |at| number(&spans.cost, at).is_some()),
            "prompt" => Bits::collect(n, |at| {
                let known = |column: &[u32]| column.get(at).is_some_and(|id| *id != 0);
                known(&spans.prompt_name) || known(&spans.prompt_version)
            }),
            "audit" => {
                let mut bits = Bits::none(n);
                for (at, _) in self.lists.decisions(self.connection, self.columns)?.iter() {
                    bits.insert(*at as usize);
                }
                bits
            }
            "take" => self.lists.takes(self.connection, self.columns)?.as_ref().clone(),
            _ => Bits::none(n),
        })
    }

    /// Spans by the beginning of their own id or their trace's.
    fn id(&self, pattern: &Pattern) -> Result<Bits> {
        let mut bits = Bits::none(self.columns.spans.pk.len());
        let Some(prefix) = pattern.as_exact().or_else(|| pattern.as_prefix()) else {
            return Ok(bits);
        };
        for trace_pk in ids::trace_pks_beginning(self.connection, prefix)? {
            if let Some(trace) = self.columns.trace_position(trace_pk) {
                for at in self.columns.spans_of(trace) {
                    bits.insert(*at as usize);
                }
            }
        }
        for span_pk in ids::span_pks_beginning(self.connection, prefix)? {
            if let Some(at) = self.columns.span_position(span_pk) {
                bits.insert(at);
            }
        }
        Ok(bits)
    }

    fn batch(&self, pattern: &Pattern) -> Result<Bits> {
        let mut bits = Bits::none(self.columns.spans.pk.len());
        let Some(prefix) = pattern.as_exact().or_else(|| pattern.as_prefix()) else {
            return Ok(bits);
        };
        for batch_id in ids_with_prefix(self.connection, "batch", &prefix.to_lowercase())? {
            let mut statement = self.connection.prepare_cached(
                "SELECT owner FROM claim JOIN fact USING(fact_pk) JOIN batch USING(batch_pk) WHERE batch_id = ?1 AND owner > 0",
            )?;
            for owner in statement.query_map([batch_id], |row| row.get(0))? {
                if let Some(at) = self.columns.span_position(owner?) {
                    bits.insert(at);
                }
            }
        }
        Ok(bits)
    }

    fn score(&self, name: &str, test: &Test) -> Result<Bits> {
        let mut bits = Bits::none(self.columns.spans.pk.len());
        let named = Pattern::exact(name);
        let mut statement = self.connection.prepare_cached("SELECT span_pk, name_id, value, label FROM score")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if !self.columns.name(row.get(1)?).is_some_and(|text| named.matches(text)) {
                continue;
            }
            let value: Option<f64> = row.get(2)?;
            let label: Option<String> = row.get(3)?;
            let fits = match test {
                Test::Text(pattern) => label.is_some_and(|label| pattern.matches(&label)),
                Test::Number(compare, wanted) => value.is_some_and(|value| compare.holds(&value, wanted)),
                Test::NumberRange(None, None) => value.is_some() || label.is_some(),
                Test::NumberRange(from, to) => {
                    value.is_some_and(|value| from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to))
                }
                _ => false,
            };
            if fits && let Some(at) = self.columns.span_position(row.get(0)?) {
                bits.insert(at);
            }
        }
        Ok(bits)
    }
}

/// `name@version`, or what is known of it.
pub(crate) fn prompt_text(name: Option<&str>, version: Option<&str>) -> String {
    match (name, version) {
        (Some(name), Some(version)) => format!("{name}@{version}"),
        (Some(name), None) => name.to_owned(),
        (None, version) => format!("@{}", version.unwrap_or_default()),
    }
}

/// What is not stated counts as ok when nothing contradicts it.
fn ok_or_unset(pattern: &Pattern, status: SpanStatus) -> bool {
    pattern.matches("ok") || (status == SpanStatus::Unset && pattern.matches("unset"))
}

fn number(column: &[i64], at: usize) -> Option<i64> {
    column.get(at).copied().filter(|value| *value != UNKNOWN)
}

fn sum(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    }
}

/// Whether a known number satisfies a test; an unknown one satisfies none.
fn holds(test: &Test, value: Option<i64>) -> bool {
    let Some(value) = value else { return false };
    match test {
        Test::Quantity(compare, wanted) => compare.holds(&value, wanted),
        Test::QuantityRange(from, to) => from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to),
        Test::Time(from, to) => from.is_none_or(|from| value >= from) && to.is_none_or(|to| value < to),
        Test::Text(_) | Test::Number(..) | Test::NumberRange(..) => false,
    }
}

/// Conditions at the top of a query that a single model call answers by itself: who it was for, its model and provider.
pub(crate) fn call_terms(expr: &Expr) -> Expr {
    let members: &[Expr] = match expr {
        Expr::And(members) => members,
        one => std::slice::from_ref(one),
    };
    let binds = |member: &Expr| {
        let mut fields = HashSet::new();
        let mut others = false;
        member.for_each_term(&mut |term| match term {
            Term::Field(term) => {
                fields.insert(term.field);
            }
            Term::Words(_) | Term::Span(_) => others = true,
        });
        !others && fields.iter().all(|field| field.info().inherited || matches!(field, Field::Model | Field::Provider))
    };
    Expr::and(members.iter().filter(|member| binds(member)).cloned().collect())
}
