//! Price tables and the cost of a call. Source of the built-in table: `data/prices.json`, whose header names each
//! vendor's page and the day it was read. Rates are integers, nano-dollars for a million tokens; costs are nano-dollars.
//!
//! Lookup: the exact model that answered, provider and model, the model without its date suffix, then the same for the
//! model that was asked for. Nothing found is unknown, never zero.

use crate::{WireError, fields};
use retake_model::{JsonMap, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Rates of one model, nano-dollars for a million tokens. A rate that is not stated follows the one named beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Input that no cache served.
    pub input: Option<i64>,
    /// Input read from a cache; else `input`.
    pub cache_read: Option<i64>,
    /// Input written to a cache; else `input`.
    pub cache_write: Option<i64>,
    /// Output; `None` for models without output (embeddings).
    pub output: Option<i64>,
    /// Reasoning; else `output`.
    pub reasoning: Option<i64>,
    /// Audio in; else `input`.
    pub audio_input: Option<i64>,
    /// Audio out; else `output`.
    pub audio_output: Option<i64>,
}

/// Prices of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelPrice {
    /// Model name as the provider writes it.
    pub model: String,
    /// Provider, as in spans; `None` when the table does not say.
    pub provider: Option<String>,
    /// First moment at which the price holds; `None` when the table does not say.
    pub from_ns: Option<i64>,
    /// Rates of calls up to the first tier.
    #[serde(flatten)]
    pub rates: Rates,
    /// Rates of calls with more input than this, ascending: the whole call is priced by the highest tier that it passes.
    pub tiers: Vec<(i64, Rates)>,
}

/// A dated table of prices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceTable {
    version: String,
    rows: Vec<ModelPrice>,
    by_model: HashMap<String, Vec<usize>>,
}

impl PriceTable {
    /// The table that comes with the program.
    pub fn builtin() -> &'static PriceTable {
        static TABLE: OnceLock<PriceTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            Self::from_json(include_str!("../data/prices.json")).expect("the built-in table is read by a test")
        })
    }

    /// Reads a price file of either known form. `label` becomes the version of a table that has none.
    pub fn parse(text: &str, label: &str) -> Result<Self, WireError> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|why| WireError::Prices { why: format!("it is no JSON: {why}") })?;
        match value.as_object() {
            Some(object) if object.get("models").is_some_and(Value::is_array) => Self::from_own(object, label),
            Some(object) => Self::from_price_map(object, label),
            None => Err(WireError::Prices { why: format!("it is {} and no object", fields::kind(&value)) }),
        }
    }

    /// Reads our own form: `{"schema": "retake.prices/1", "version", "unit", "models": [{"model", "provider", "input", …}]}`.
    /// `unit` is `usd_per_million_tokens` (default), `usd_per_token` or `usd_nanos_per_million_tokens`.
    pub fn from_json(text: &str) -> Result<Self, WireError> {
        let table = Self::parse(text, "imported")?;
        if table.rows.is_empty() {
            return Err(WireError::Prices { why: "it names no model".into() });
        }
        Ok(table)
    }

    /// Reads LiteLLM's `model_prices_and_context_window.json`: dollars for a token by model name.
    pub fn from_litellm(map: &Value, label: &str) -> Result<Self, WireError> {
        Self::from_price_map(fields::object(map, "the price map")?, label)
    }

    /// Version of the table, to be kept beside every cost that it gave.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[ModelPrice] {
        &self.rows
    }

    /// This table with the rows of another in front: where both name a model, the other's price holds.
    pub fn with(&self, newer: &PriceTable) -> PriceTable {
        let replaced = |row: &&ModelPrice| {
            !newer
                .rows
                .iter()
                .any(|new| new.model == row.model && (new.provider == row.provider || new.provider.is_none()))
        };
        let rows = newer.rows.iter().chain(self.rows.iter().filter(replaced)).cloned().collect();
        Self::new(format!("{}+{}", self.version, newer.version), rows)
    }

    /// The price of a call, by the model that answered and the one that was asked for.
    pub fn lookup(
        &self,
        provider: Option<&str>,
        response_model: Option<&str>,
        request_model: Option<&str>,
        at_ns: i64,
    ) -> Option<&ModelPrice> {
        [response_model, request_model].into_iter().flatten().find_map(|model| self.of_model(provider, model, at_ns))
    }

    fn new(version: String, rows: Vec<ModelPrice>) -> Self {
        let mut by_model: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            by_model.entry(row.model.to_ascii_lowercase()).or_default().push(at);
        }
        Self { version, rows, by_model }
    }

    fn of_model(&self, provider: Option<&str>, model: &str, at_ns: i64) -> Option<&ModelPrice> {
        let model = model.to_ascii_lowercase();
        let bare = model.rsplit_once('/').map(|(_, bare)| bare.to_owned());
        let mut names = vec![model.clone()];
        names.extend(provider.map(|provider| format!("{}/{model}", provider.to_ascii_lowercase())));
        names.extend(bare.clone());
        for name in [Some(model), bare].into_iter().flatten() {
            names.extend(without_date(&name).map(str::to_owned));
        }
        names.iter().find_map(|name| self.row(name, provider, at_ns))
    }

    fn row(&self, name: &str, provider: Option<&str>, at_ns: i64) -> Option<&ModelPrice> {
        let rows = self.by_model.get(name)?.iter().filter_map(|at| self.rows.get(*at));
        let valid = rows.filter(|row| row.from_ns.is_none_or(|from| from <= at_ns));
        // The provider's own row first, then the latest; the order of the file decides what is left.
        valid.min_by_key(|row| {
            let foreign = provider.is_some() && row.provider.as_deref() != provider;
            (foreign, std::cmp::Reverse(row.from_ns))
        })
    }

    fn from_own(object: &JsonMap, label: &str) -> Result<Self, WireError> {
        let to_nanos: fn(f64) -> f64 = match object.get("unit").and_then(Value::as_str) {
            None | Some("usd_per_million_tokens") => |usd| usd * 1e9,
            Some("usd_per_token") => |usd| usd * 1e15,
            Some("usd_nanos_per_million_tokens") => |nanos| nanos,
            Some(unit) => {
                return Err(WireError::Prices { why: format!("its unit is {unit:?}, which is none of ours") });
            }
        };
        let version = object.get("version").and_then(Value::as_str).unwrap_or(label).to_owned();
        let mut rows = Vec::new();
        for (at, entry) in object.get("models").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let model = fields::text(entry, "model")
                .ok_or_else(|| WireError::Prices { why: format!("models[{at}] has no name") })?;
            let mut tiers = Vec::new();
            for tier in entry.get("tiers").and_then(Value::as_array).into_iter().flatten() {
                let above = fields::count(tier, "above_input_tokens").ok_or_else(|| WireError::Prices {
                    why: format!("a tier of {model:?} has no `above_input_tokens`"),
                })?;
                tiers.push((above, own_rates(tier, &model, to_nanos)?));
            }
            tiers.sort_by_key(|tier| tier.0);
            let rates = own_rates(entry, &model, to_nanos)?;
            if rates.input.is_none() && rates.output.is_none() {
                return Err(WireError::Prices { why: format!("{model:?} has no price") });
            }
            rows.push(ModelPrice {
                rates,
                provider: fields::text(entry, "provider"),
                from_ns: from_ns(entry, &model)?,
                tiers,
                model,
            });
        }
        Ok(Self::new(version, rows))
    }

    fn from_price_map(map: &JsonMap, label: &str) -> Result<Self, WireError> {
        let mut rows = Vec::new();
        for (model, entry) in map.iter().filter(|(model, _)| *model != "sample_spec") {
            if !entry.is_object() {
                continue;
            }
            let rate = |key: &str, suffix: &str| rate_of(entry, &format!("{key}{suffix}"), |usd| usd * 1e15, model);
            let rates = |suffix: &str| -> Result<Rates, WireError> {
                Ok(Rates {
                    input: rate("input_cost_per_token", suffix)?,
                    cache_read: rate("cache_read_input_token_cost", suffix)?,
                    cache_write: rate("cache_creation_input_token_cost", suffix)?,
                    output: rate("output_cost_per_token", suffix)?,
                    reasoning: rate("output_cost_per_reasoning_token", suffix)?,
                    audio_input: rate("input_cost_per_audio_token", suffix)?,
                    audio_output: rate("output_cost_per_audio_token", suffix)?,
                })
            };
            let base = rates("")?;
            // Priced by the second, the picture or the page: not by tokens, so not ours to compute.
            if base.input.is_none() && base.output.is_none() {
                continue;
            }
            let mut tiers = Vec::new();
            for thousand in [128, 200, 256, 272, 512] {
                let suffix = format!("_above_{thousand}k_tokens");
                if entry.get(format!("input_cost_per_token{suffix}")).is_some() {
                    tiers.push((thousand * 1000, rates(&suffix)?));
                }
            }
            let provider = fields::text(entry, "litellm_provider");
            rows.push(ModelPrice { model: model.clone(), provider, from_ns: None, rates: base, tiers });
        }
        if rows.is_empty() {
            return Err(WireError::Prices { why: "no entry has a price for tokens".into() });
        }
        Ok(Self::new(label.to_owned(), rows))
    }
}

/// The table in our own form, in nano-dollars for a million tokens; [`PriceTable::parse`] reads it back.
impl Serialize for PriceTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let models: Vec<Value> = self.rows.iter().map(row_to_json).collect();
        let unit = "usd_nanos_per_million_tokens";
        serde_json::json!({"schema": "retake.prices/1", "version": self.version, "unit": unit, "models": models})
            .serialize(serializer)
    }
}

/// Cost of one call in nano-dollars, rounded half to even *once*, at the end.
///
/// Returns `None` if the table has no price for `model` at `at_ns`, or the usage is not known: unknown is not free.
pub fn cost_usd_nanos(
    table: &PriceTable,
    provider: Option<&str>,
    model: &str,
    usage: &Usage,
    at_ns: i64,
) -> Option<i64> {
    table.lookup(provider, Some(model), None, at_ns)?.cost_usd_nanos(usage)
}

impl ModelPrice {
    /// Cost of a call with this usage; `None` when the usage or a rate that it needs is unknown.
    pub fn cost_usd_nanos(&self, usage: &Usage) -> Option<i64> {
        let input_tokens = usage.input_tokens()?;
        let tier = self.tiers.iter().rev().find(|(above, _)| input_tokens > *above).map(|(_, rates)| rates);
        let base = &self.rates;
        let rate = |of: fn(&Rates) -> Option<i64>| tier.and_then(of).or_else(|| of(base));
        let (input, output) = (rate(|r| r.input), rate(|r| r.output));
        if usage.output_tokens().is_none() && output.is_some_and(|rate| rate != 0) {
            return None;
        }
        let lines = [
            (usage.uncached_input_tokens, input),
            (usage.cache_read_tokens, rate(|r| r.cache_read).or(input)),
            (usage.cache_write_tokens, rate(|r| r.cache_write).or(input)),
            (usage.audio_input_tokens, rate(|r| r.audio_input).or(input)),
            (usage.output_text_tokens, output),
            (usage.reasoning_tokens, rate(|r| r.reasoning).or(output)),
            (usage.audio_output_tokens, rate(|r| r.audio_output).or(output)),
        ];
        let mut total: i128 = 0;
        for (tokens, rate) in lines {
            let tokens = tokens.unwrap_or(0);
            if tokens == 0 {
                continue;
            }
            // A model without output price that reports output (an embedding that counts 0 excepted) is not priced.
            total += i128::from(tokens) * i128::from(rate?);
        }
        i64::try_from(round_half_even(total, 1_000_000)).ok()
    }
}

fn round_half_even(value: i128, by: i128) -> i128 {
    let (quotient, rest) = (value.div_euclid(by), value.rem_euclid(by));
    match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// The name without a date or revision at its end: `-2024-08-06`, `-20241022`, `@20241022`, `-0613`, `-v1:0`.
fn without_date(model: &str) -> Option<&str> {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((base, tail)) = model.rsplit_once('@') {
        return (digits(tail, 8) || tail == "latest" || tail == "default").then_some(base);
    }
    let (base, tail) = model.rsplit_once('-')?;
    if digits(tail, 8) || digits(tail, 4) || digits(tail, 6) || tail == "latest" {
        return Some(base);
    }
    // Year, month and day as three groups.
    let (base, month) = base.rsplit_once('-')?;
    let (base, year) = base.rsplit_once('-')?;
    (digits(tail, 2) && digits(month, 2) && digits(year, 4)).then_some(base)
}

fn own_rates(entry: &Value, model: &str, to_nanos: fn(f64) -> f64) -> Result<Rates, WireError> {
    let rate = |key: &str| rate_of(entry, key, to_nanos, model);
    Ok(Rates {
        input: rate("input")?,
        cache_read: rate("cache_read")?,
        cache_write: rate("cache_write")?,
        output: rate("output")?,
        reasoning: rate("reasoning")?,
        audio_input: rate("audio_input")?,
        audio_output: rate("audio_output")?,
    })
}

fn rate_of(entry: &Value, key: &str, to_nanos: impl Fn(f64) -> f64, model: &str) -> Result<Option<i64>, WireError> {
    let value = match entry.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let bad = || WireError::Prices { why: format!("`{key}` of {model:?} is {value} and no price") };
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(bad)?;
    let nanos = to_nanos(number);
    if !nanos.is_finite() || !(0.0..=9e17).contains(&nanos) {
        return Err(bad());
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    Ok(Some(nanos.round() as i64))
}

fn from_ns(entry: &Value, model: &str) -> Result<Option<i64>, WireError> {
    match entry.get("from_ns") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .or_else(|| value.as_str()?.parse().ok())
            .map(Some)
            .ok_or_else(|| WireError::Prices { why: format!("`from_ns` of {model:?} is no time") }),
    }
}

fn row_to_json(row: &ModelPrice) -> Value {
    let mut object = rates_to_json(&row.rates);
    let mut head = JsonMap::new();
    head.insert("model".into(), row.model.clone().into());
    head.insert("provider".into(), row.provider.clone().into());
    if let Some(from) = row.from_ns {
        head.insert("from_ns".into(), from.to_string().into());
    }
    head.append(&mut object);
    if !row.tiers.is_empty() {
        let tiers = row.tiers.iter().map(|(above, rates)| {
            let mut tier = rates_to_json(rates);
            tier.insert("above_input_tokens".into(), (*above).into());
            Value::Object(tier)
        });
        head.insert("tiers".into(), tiers.collect());
    }
    Value::Object(head)
}

fn rates_to_json(rates: &Rates) -> JsonMap {
    let known = match serde_json::to_value(rates) {
        Ok(Value::Object(object)) => object,
        _ => JsonMap::new(),
    };
    known.into_iter().filter(|(_, rate)| !rate.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: i64, output: i64, read: i64, write: i64) -> Usage {
        Usage::from_exclusive(Some(input), Some(output), Some(read), Some(write))
    }

    #[test]
    fn the_builtin_table_is_read_and_prices_each_bucket() {
        let table = PriceTable::builtin();
        assert!(table.rows().len() >= 40);
        let cost = |model: &str, usage: &Usage| cost_usd_nanos(table, None, model, usage, 0);
        assert_eq!(cost("gpt-4o-mini", &usage(1_000_000, 0, 0, 0)), Some(150_000_000));
        assert_eq!(cost("gpt-4o-mini-2024-07-18", &usage(0, 1_000_000, 0, 0)), Some(600_000_000));
        assert_eq!(cost("claude-haiku-4-5-20251001", &usage(10, 10, 10, 10)), Some(10_000 + 50_000 + 1_000 + 12_500));
        assert_eq!(cost("openai/gpt-4o", &usage(1, 0, 0, 0)), Some(2_500));
        assert_eq!(
            cost("text-embedding-3-small", &Usage { uncached_input_tokens: Some(50), ..Usage::default() }),
            Some(1_000)
        );
    }

    #[test]
    fn what_is_not_known_has_no_cost() {
        let table = PriceTable::builtin();
        assert_eq!(cost_usd_nanos(table, None, "smollm2-135m", &usage(1, 1, 0, 0), 0), None);
        assert_eq!(cost_usd_nanos(table, None, "gpt-4o", &Usage::default(), 0), None);
        let half = Usage { uncached_input_tokens: Some(9), ..Usage::default() };
        assert_eq!(cost_usd_nanos(table, None, "gpt-4o", &half, 0), None, "output tokens are unknown, not none");
    }

    #[test]
    fn a_long_prompt_is_priced_by_its_tier() {
        let table = PriceTable::builtin();
        let long = usage(200_001, 1, 0, 0);
        assert_eq!(cost_usd_nanos(table, None, "gemini-2.5-pro", &long, 0), Some(200_001 * 2_500 + 15_000));
        assert_eq!(
            cost_usd_nanos(table, None, "gemini-2.5-pro", &usage(200_000, 1, 0, 0), 0),
            Some(200_000 * 1_250 + 10_000)
        );
    }

    #[test]
    fn rounding_is_half_to_even_and_once() {
        let row = |rate| ModelPrice {
            model: "m".into(),
            provider: None,
            from_ns: None,
            rates: Rates { input: Some(rate), output: Some(rate), ..Rates::default() },
            tiers: vec![],
        };
        assert_eq!(row(500_000).cost_usd_nanos(&usage(1, 0, 0, 0)), Some(0));
        assert_eq!(row(500_000).cost_usd_nanos(&usage(1, 1, 0, 0)), Some(1), "two halves are one, not two zeros");
        assert_eq!(row(1_500_000).cost_usd_nanos(&usage(1, 0, 0, 0)), Some(2));
        assert_eq!(row(2_500_000).cost_usd_nanos(&usage(1, 0, 0, 0)), Some(2));
    }

    #[test]
    fn the_response_model_goes_before_the_request_model() {
        let table = PriceTable::builtin();
        let found = table.lookup(None, Some("gpt-4o"), Some("gpt-4o-mini"), 0).expect("priced");
        assert_eq!(found.model, "gpt-4o");
        let found = table.lookup(None, Some("my-deployment"), Some("gpt-4o-mini"), 0).expect("priced");
        assert_eq!(found.model, "gpt-4o-mini");
    }

    #[test]
    fn a_price_map_is_read_and_its_sample_skipped() {
        let map = serde_json::json!({
            "sample_spec": {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
            "azure/wren": {"input_cost_per_token": 1.5e-06, "output_cost_per_token": 6e-06, "cache_read_input_token_cost": 1.5e-07,
                "input_cost_per_token_above_200k_tokens": 3e-06, "litellm_provider": "azure"},
            "pictures": {"output_cost_per_image": 0.04}
        });
        let table = PriceTable::from_litellm(&map, "map").expect("a price map");
        assert_eq!(table.rows().len(), 1);
        assert_eq!(cost_usd_nanos(&table, Some("azure"), "wren", &usage(100, 10, 0, 0), 0), Some(150_000 + 60_000));
        assert_eq!(cost_usd_nanos(&table, None, "azure/wren", &usage(300_000, 0, 0, 0), 0), Some(300_000 * 3_000));
    }

    #[test]
    fn a_table_survives_its_own_form_and_overrides_another() {
        let builtin = PriceTable::builtin();
        let text = serde_json::to_string(builtin).expect("JSON");
        assert_eq!(&PriceTable::from_json(&text).expect("our form"), builtin);
        let own = PriceTable::from_json(
            r#"{"version":"x","unit":"usd_per_token","models":[{"model":"gpt-4o","input":1e-6,"output":0.000002}]}"#,
        );
        let both = builtin.with(&own.expect("our form"));
        assert_eq!(cost_usd_nanos(&both, Some("openai"), "gpt-4o", &usage(1, 1, 0, 0), 0), Some(3_000));
    }

    #[test]
    fn a_bad_file_says_what_is_wrong() {
        for (text, part) in [
            ("[]", "a list"),
            ("{", "no JSON"),
            (r#"{"models":[{"input":1}]}"#, "models[0] has no name"),
            (r#"{"models":[{"model":"m","input":"free"}]}"#, "`input` of \"m\""),
            (r#"{"models":[{"model":"m","input":-1}]}"#, "-1"),
            (r#"{"models":[{"model":"m"}]}"#, "has no price"),
            (r#"{"models":[],"unit":"euro"}"#, "euro"),
            (r#"{"a":{"b":1}}"#, "no entry"),
        ] {
            let error = PriceTable::parse(text, "t").expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
