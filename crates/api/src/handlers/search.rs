//! Search: pages for the command line, open results for the window, facets, histogram, completion.

use super::parse_query;
use crate::dto::Ns;
use crate::dto::search::{
    CompleteRequest, Completion, Completions, FacetValue, Facets, Histogram, HistogramBucket, HistogramRequest,
    OpenResult, Row, Rows, RowsRequest, SearchPage, SearchRequest,
};
use crate::{ApiError, Core};
use retake_model::Code;
use retake_query::{FIELDS, Position, Sort, Takes, parse_sort};
use retake_store::{ListRow, Of};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that the window may ask for at once.
const MAX_ROWS: u32 = 500;
/// Values that completion offers.
const MAX_OFFERS: usize = 12;

/// One page.
///
/// # Errors
/// Those of the query, the sort and the cursor.
pub async fn search(core: Arc<Core>, request: SearchRequest) -> Result<SearchPage, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, &request.query, request.utc_offset_minutes)?;
        let asked = retake_store::SearchRequest {
            of: of(request.of.as_deref())?,
            sort: sort(request.sort.as_deref())?,
            limit: usize::try_from(request.limit.unwrap_or(50)).unwrap_or(50),
            after: request.after.clone(),
            facets: checked_facets(&request.facets)?,
            cancel: retake_store::Cancel::default(),
        };
        let page = core.workspace()?.search(&query, &asked)?;
        Ok(SearchPage {
            rows: page.rows.into_iter().map(Row::from).collect(),
            total: page.total,
            total_exact: page.total_exact,
            facets: facets(page.facets),
            next: page.next,
            hints: retake_query::hints(&query),
        })
    })
    .await
}

/// Opens a result that the window reads by rank.
///
/// # Errors
/// Those of the query and the sort.
pub async fn search_open(core: Arc<Core>, request: SearchRequest) -> Result<OpenResult, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, &request.query, request.utc_offset_minutes)?;
        let (of, sort) = (of(request.of.as_deref())?, sort(request.sort.as_deref())?);
        let set = core.workspace()?.open_result(&query, of, &sort, &retake_store::Cancel::default())?;
        let result_id = u32::try_from(set.id).map_err(ApiError::internal)?;
        Ok(OpenResult { result_id, total: set.len, total_exact: true })
    })
    .await
}

/// Rows of an open result.
///
/// # Errors
/// An unknown result is `RTK-Q005`.
pub async fn search_rows(core: Arc<Core>, request: RowsRequest) -> Result<Rows, ApiError> {
    core.blocking(move |core| {
        let n = usize::try_from(request.count.min(MAX_ROWS)).map_err(ApiError::internal)?;
        let rows = core.workspace()?.result_rows(u64::from(request.result_id), request.from, n)?;
        Ok(Rows { rows: rows.into_iter().map(Row::from).collect() })
    })
    .await
}

/// Facets of a query.
///
/// # Errors
/// Those of the query and the fields.
pub async fn search_facets(core: Arc<Core>, request: SearchRequest) -> Result<Facets, ApiError> {
    let page = search(core, SearchRequest { limit: Some(0), ..request }).await?;
    Ok(Facets { facets: page.facets })
}

/// Rows over time.
///
/// # Errors
/// Those of the query.
pub async fn search_histogram(core: Arc<Core>, request: HistogramRequest) -> Result<Histogram, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, &request.query, None)?;
        let buckets = usize::try_from(request.buckets.clamp(1, 1000)).map_err(ApiError::internal)?;
        let workspace = core.workspace()?;
        let buckets = workspace.histogram(&query, buckets)?;
        let buckets = buckets
            .into_iter()
            .map(|bucket| HistogramBucket {
                from_ns: Ns(bucket.start_ns),
                to_ns: Ns(bucket.end_ns),
                n: bucket.n,
                errors: bucket.n_errors,
            })
            .collect();
        Ok(Histogram { buckets })
    })
    .await
}

/// What fits at the cursor: fields of the language, its words, and values of the workspace with their counts.
///
/// # Errors
/// Those of the database; a text that is no query yet is none.
pub async fn query_complete(core: Arc<Core>, request: CompleteRequest) -> Result<Completions, ApiError> {
    core.blocking(move |core| {
        let place = retake_query::complete(&request.text, usize::try_from(request.cursor).unwrap_or(usize::MAX));
        let mut items = Vec::new();
        match &place.position {
            Position::FieldOrWord => {
                for name in &place.words {
                    let about = FIELDS.iter().find(|info| info.name == *name).map_or("", |info| info.about);
                    items.push(Completion { insert: format!("{name}:"), detail: about.to_owned(), n: None });
                }
            }
            Position::Value { field, .. } => {
                for word in &place.words {
                    items.push(Completion { insert: (*word).to_owned(), detail: String::new(), n: None });
                }
                if field.info().facetable && matches!(field.info().takes, Takes::Text) {
                    let typed = place.typed.trim_start_matches('"');
                    for (value, n) in core.workspace()?.values_of(field.name(), typed, MAX_OFFERS)? {
                        items.push(Completion { insert: quoted(&value), detail: String::new(), n: Some(n) });
                    }
                }
            }
            Position::Quoted => {}
        }
        items.truncate(MAX_OFFERS.max(place.words.len()));
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Completions { from: number(place.start), to: number(place.end), items })
    })
    .await
}

/// A value as the language takes it.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/'));
    if plain && !value.is_empty() && !value.starts_with('-') {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "\\\""))
    }
}

fn of(word: Option<&str>) -> Result<Of, ApiError> {
    match word {
        None | Some("traces") => Ok(Of::Traces),
        Some("spans") => Ok(Of::Spans),
        Some(other) => {
            Err(ApiError::new(Code::UsageInvalid, format!("a list is of traces or spans, not of {other:?}")))
        }
    }
}

fn sort(text: Option<&str>) -> Result<Sort, ApiError> {
    let Some(text) = text else { return Ok(Sort::default()) };
    // A place in the sort would be read as one in the query.
    parse_sort(text)
        .map_err(|error| ApiError::new(error.code, format!("--sort {text:?}: {}", error.message)).with_hint(error.hint))
}

fn checked_facets(fields: &[String]) -> Result<Vec<String>, ApiError> {
    for field in fields {
        if !FIELDS.iter().any(|info| info.facetable && info.name == field) {
            let known: Vec<&str> = FIELDS.iter().filter(|info| info.facetable).map(|info| info.name).collect();
            return Err(ApiError::new(Code::QueryUnknownField, format!("values of {field:?} cannot be counted"))
                .with_hint(format!("Use one of: {}.", known.join(", "))));
        }
    }
    Ok(fields.to_vec())
}

fn facets(counted: Vec<(String, Vec<(String, u64)>)>) -> BTreeMap<String, Vec<FacetValue>> {
    let value = |(value, n): (String, u64)| FacetValue { value: Some(value).filter(|value| !value.is_empty()), n };
    counted.into_iter().map(|(field, values)| (field, values.into_iter().map(value).collect())).collect()
}

impl From<ListRow> for Row {
    fn from(row: ListRow) -> Self {
        Self {
            trace_id: row.trace_id.to_string(),
            span_id: row.span_id.to_string(),
            kind: row.kind.as_str().to_owned(),
            name: row.name,
            question: row.question,
            answer: row.answer,
            start_ns: row.start_ns.map(Ns),
            duration_ms: row.duration_ms,
            ttft_ms: row.ttft_ms,
            status: row.status.as_str().to_owned(),
            tenant: row.tenant,
            feature: row.feature,
            user: row.user,
            conversation: row.conversation,
            environment: row.environment,
            provider: row.provider,
            model: row.model,
            prompt: row.prompt,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd_nanos: row.cost_usd_nanos,
            flags: row.flags,
            snippet: row.snippet,
            n_spans: row.n_spans,
        }
    }
}
