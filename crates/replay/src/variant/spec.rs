//! The SPEC and the plan file.

use super::{ReadFile, Variant};
use crate::ReplayError;
use serde_json::{Number, Value};

/// Every key of a SPEC, in the order of the reference.
pub const KEYS: [&str; 18] = [
    "name",
    "provider",
    "connection",
    "base-url",
    "model",
    "prompt",
    "system",
    "temperature",
    "top-p",
    "max-tokens",
    "seed",
    "drop-doc",
    "replace-doc",
    "order-docs",
    "first-token-timeout",
    "timeout",
    "retries",
    "stream",
];
/// Keys whose value may be a list.
const LISTS: [&str; 2] = ["drop-doc", "order-docs"];

/// Reads a SPEC. `read` is asked for the files that it names.
///
/// # Errors
/// `RTK-R001` with the place in the text.
pub fn parse_spec(spec: &str, read: ReadFile<'_>) -> Result<Variant, ReplayError> {
    let mut variant = Variant::default();
    let mut last_key = String::new();
    for piece in split(spec)? {
        let failed = |why: String| ReplayError::VariantInvalid { why, span: Some((piece.start, piece.end)) };
        match piece.text.split_once('=') {
            Some((key, value)) if !piece.quoted_whole => {
                last_key = key.trim().replace('_', "-");
                set(&mut variant, &last_key, value.trim(), read).map_err(failed)?;
            }
            _ if piece.text.trim() == "original" => {}
            // `order-docs=A,B,C` without quotes.
            _ if LISTS.contains(&last_key.as_str()) => {
                set(&mut variant, &last_key, piece.text.trim(), read).map_err(failed)?
            }
            _ if piece.text.trim().is_empty() => return Err(failed("it has an empty piece between commas".into())),
            _ => {
                return Err(failed(format!("{:?} is no `key=value`; keys are {}", piece.text.trim(), KEYS.join(", "))));
            }
        }
    }
    if variant.name.is_empty() {
        variant.name = if variant.keeps_request()
            && variant.provider.is_none()
            && variant.base_url.is_none()
            && variant.connection.is_none()
        {
            "original".into()
        } else {
            spec.trim().to_owned()
        };
    }
    Ok(variant)
}

/// Reads a plan file: YAML, a list of variants (maps with the keys of a SPEC, or SPECs), or a map with such a list under
/// `variants`.
///
/// # Errors
/// `RTK-R001` naming the variant by its place in the list.
pub fn parse_plan(yaml: &str, read: ReadFile<'_>) -> Result<Vec<Variant>, ReplayError> {
    let value: Value =
        serde_saphyr::from_str(yaml).map_err(|why| ReplayError::variant(format!("the plan is no YAML: {why}")))?;
    let list = match &value {
        Value::Array(items) => items,
        Value::Object(object) => match object.get("variants") {
            Some(Value::Array(items)) => items,
            _ => return Err(ReplayError::variant("the plan is a map without a list `variants`")),
        },
        _ => return Err(ReplayError::variant("the plan is no list of variants")),
    };
    let mut variants = Vec::new();
    for (at, item) in list.iter().enumerate() {
        let failed = |why: String| ReplayError::variant(format!("variant {} of the plan: {why}", at + 1));
        let variant = match item {
            Value::String(spec) => parse_spec(spec, read).map_err(|error| match error {
                ReplayError::VariantInvalid { why, .. } => failed(why),
                other => other,
            })?,
            Value::Object(object) => {
                let mut variant = Variant::default();
                for (key, value) in object {
                    set_value(&mut variant, &key.replace('_', "-"), value, read).map_err(failed)?;
                }
                if variant.name.is_empty() {
                    variant.name =
                        if variant == Variant::default() { "original".into() } else { format!("variant-{}", at + 1) };
                }
                variant
            }
            _ => return Err(failed("it is neither a map nor a SPEC".into())),
        };
        variants.push(variant);
    }
    if variants.is_empty() {
        return Err(ReplayError::variant("the plan has no variants"));
    }
    Ok(variants)
}

fn set_value(variant: &mut Variant, key: &str, value: &Value, read: ReadFile<'_>) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| set_value(variant, key, item, read)),
        Value::Object(object) if key == "replace-doc" => {
            object.iter().try_for_each(|(id, text)| set(variant, key, &format!("{id}:{}", scalar(text)), read))
        }
        Value::Object(object) if key == "params" => {
            variant.params.extend(object.clone());
            Ok(())
        }
        Value::Object(_) => Err(format!("`{key}` takes no map")),
        Value::Null => Err(format!("`{key}` has no value")),
        value => set(variant, key, &scalar(value), read),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn set(variant: &mut Variant, key: &str, value: &str, read: ReadFile<'_>) -> Result<(), String> {
    let text = || if value.is_empty() { Err(format!("`{key}` has no value")) } else { Ok(value.to_owned()) };
    match key {
        "name" => variant.name = text()?,
        "provider" => variant.provider = Some(text()?),
        "connection" => variant.connection = Some(text()?),
        "base-url" => variant.base_url = Some(text()?.trim_end_matches('/').to_owned()),
        "model" => variant.model = Some(text()?),
        "prompt" => {
            let (name, at) = value
                .rsplit_once('@')
                .filter(|(name, at)| !name.is_empty() && !at.is_empty())
                .ok_or_else(|| format!("`prompt` is {value:?}, and takes NAME@VERSION or NAME@LABEL"))?;
            variant.prompt = Some((name.to_owned(), at.to_owned()));
        }
        "system" => variant.system = Some(content(value, read)?),
        "temperature" | "top-p" => {
            let number: f64 = value.parse().map_err(|_| format!("`{key}` is {value:?} and no number"))?;
            if !(0.0..=100.0).contains(&number) {
                return Err(format!("`{key}` is {value}, outside of what any provider takes"));
            }
            variant.params.insert(key.replace('-', "_"), Value::Number(number_of(value, number)?));
        }
        "max-tokens" => {
            let number: u32 = value
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| format!("`{key}` is {value:?} and no positive whole number"))?;
            variant.params.insert("max_tokens".into(), number.into());
        }
        "seed" => {
            let number: i64 = value.parse().map_err(|_| format!("`{key}` is {value:?} and no whole number"))?;
            variant.params.insert("seed".into(), number.into());
        }
        "drop-doc" => variant.drop_docs.push(text()?),
        "replace-doc" => {
            let split = value.split_once(":@").map(|(id, file)| (id, format!("@{file}")));
            let (id, source) = split
                .or_else(|| value.split_once(':').map(|(id, text)| (id, text.to_owned())))
                .filter(|(id, _)| !id.is_empty())
                .ok_or_else(|| format!("`{key}` is {value:?}, and takes ID:@FILE"))?;
            variant.replace_docs.push((id.to_owned(), content(&source, read)?));
        }
        "order-docs" => {
            variant.order_docs.extend(text()?.split([',', ';', ' ']).filter(|id| !id.is_empty()).map(str::to_owned))
        }
        "first-token-timeout" => variant.first_token_timeout_ms = Some(milliseconds(key, value)?),
        "timeout" => variant.timeout_ms = Some(milliseconds(key, value)?),
        "retries" => {
            variant.retries = Some(
                value
                    .parse()
                    .ok()
                    .filter(|n| *n <= 20)
                    .ok_or_else(|| format!("`{key}` is {value:?} and no number up to 20"))?,
            )
        }
        "stream" => {
            variant.stream = Some(value.parse().map_err(|_| format!("`{key}` is {value:?}, and takes true or false"))?)
        }
        _ => {
            let near = KEYS.iter().find(|known| known.replace('-', "").starts_with(key) || key.starts_with(**known));
            let near = near.map(|known| format!("; `{known}` is meant, perhaps")).unwrap_or_default();
            return Err(format!("`{key}` is no key{near}; keys are {}", KEYS.join(", ")));
        }
    }
    Ok(())
}

/// A text as it is, or of a file.
fn content(value: &str, read: ReadFile<'_>) -> Result<String, String> {
    match value.strip_prefix('@') {
        Some(path) => {
            let text = read(path).map_err(|why| format!("the file {path:?} cannot be read: {why}"))?;
            // An editor ends a file with a line break that nobody wrote.
            Ok(text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).to_owned()).unwrap_or(text))
        }
        None => Ok(value.to_owned()),
    }
}

/// The number as it was written: `0` stays `0` and does not go out as `0.0`.
fn number_of(text: &str, number: f64) -> Result<Number, String> {
    serde_json::from_str::<Number>(text)
        .ok()
        .or_else(|| Number::from_f64(number))
        .ok_or_else(|| format!("{text:?} is no number"))
}

/// `500ms`, `30s`, `2m`, or a number of seconds.
fn milliseconds(key: &str, value: &str) -> Result<u64, String> {
    let bad = || format!("`{key}` is {value:?}, and takes a duration as 500ms, 30s or 2m");
    let (number, factor) = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)]
        .into_iter()
        .find_map(|(unit, factor)| Some((value.strip_suffix(unit)?, factor)))
        .unwrap_or((value, 1000.0));
    let number: f64 = number.trim().parse().map_err(|_| bad())?;
    let ms = number * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the condition")]
    if (1.0..=86_400_000.0).contains(&ms) { Ok(ms.round() as u64) } else { Err(bad()) }
}

struct Piece {
    text: String,
    /// True when all of it stood in quotes: `'a=b'` is no key.
    quoted_whole: bool,
    /// Place in the SPEC, characters.
    start: usize,
    end: usize,
}

/// Splits at commas outside of quotes; `''` within quotes is one quote.
fn split(spec: &str) -> Result<Vec<Piece>, ReplayError> {
    let mut pieces = Vec::new();
    let mut piece = Piece { text: String::new(), quoted_whole: false, start: 0, end: 0 };
    let mut quote: Option<usize> = None;
    let mut characters = spec.chars().enumerate().peekable();
    while let Some((at, c)) = characters.next() {
        match (c, quote) {
            ('\'', Some(_)) if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                piece.text.push('\'');
            }
            ('\'', Some(_)) => quote = None,
            // A quote inside a word is an apostrophe.
            ('\'', None) if piece.text.trim().is_empty() || piece.text.ends_with(['=', ':']) => {
                piece.quoted_whole |= piece.text.trim().is_empty();
                quote = Some(at);
            }
            (',', None) => {
                piece.end = at;
                pieces.push(std::mem::replace(
                    &mut piece,
                    Piece { text: String::new(), quoted_whole: false, start: at + 1, end: 0 },
                ));
            }
            _ => piece.text.push(c),
        }
    }
    let length = spec.chars().count();
    if let Some(at) = quote {
        return Err(ReplayError::VariantInvalid { why: "a quote is not closed".into(), span: Some((at, length)) });
    }
    piece.end = length;
    pieces.push(piece);
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::Coded;

    fn parse(spec: &str) -> Result<Variant, ReplayError> {
        parse_spec(spec, &|path| if path == "a.txt" { Ok("from a\n".into()) } else { Err("no such file".into()) })
    }

    #[test]
    fn every_key_is_read() {
        let spec = "name=n,provider=openai,connection=c,base-url=http://h/v1/,model=m,prompt=p@live,system='a, ''b''',temperature=0,top-p=0.5,max-tokens=9,seed=-1,drop-doc=A,drop-doc=B,replace-doc=C:@a.txt,order-docs=C,D,first-token-timeout=500ms,timeout=2m,retries=0,stream=true";
        let v = parse(spec).expect("all keys");
        assert_eq!((v.name.as_str(), v.base_url.as_deref()), ("n", Some("http://h/v1")));
        assert_eq!((v.prompt, v.system.as_deref()), (Some(("p".into(), "live".into())), Some("a, 'b'")));
        assert_eq!(
            serde_json::to_string(&v.params).expect("JSON"),
            r#"{"temperature":0,"top_p":0.5,"max_tokens":9,"seed":-1}"#
        );
        assert_eq!((v.drop_docs, v.order_docs), (vec!["A".to_owned(), "B".into()], vec!["C".to_owned(), "D".into()]));
        assert_eq!(v.replace_docs, [("C".to_owned(), "from a".to_owned())]);
        assert_eq!((v.first_token_timeout_ms, v.timeout_ms, v.retries), (Some(500), Some(120_000), Some(0)));
        for key in KEYS {
            assert!(spec.contains(&format!("{key}=")), "{key} is not tried");
        }
    }

    #[test]
    fn the_original_has_its_name() {
        assert_eq!(parse("original").expect("the word"), Variant::original());
        assert!(parse("provider=recorded").expect("a provider").keeps_request());
        assert!(!parse("seed=1").expect("a seed").keeps_request());
    }

    #[test]
    fn errors_name_the_key_and_its_place() {
        for (spec, part) in [
            ("temprature=1", "`temprature` is no key"),
            ("model=", "`model` has no value"),
            ("model=a,", "empty piece"),
            ("model=a,hot", "\"hot\" is no `key=value`"),
            ("temperature=warm", "`temperature`"),
            ("max-tokens=0", "`max-tokens`"),
            ("prompt=p", "NAME@VERSION"),
            ("system=@nope", "nope"),
            ("system='x", "not closed"),
            ("timeout=-1", "`timeout`"),
            ("retries=99", "`retries`"),
            ("replace-doc=x", "ID:@FILE"),
        ] {
            let error = parse(spec).expect_err(spec);
            assert!(error.to_string().contains(part), "{spec}: {error}");
            assert!(error.span().is_some_and(|(start, end)| start <= end && end <= spec.chars().count()), "{spec}");
        }
    }

    #[test]
    fn a_plan_is_a_list_of_maps_or_specs() {
        let yaml = "- original\n- {name: cold, temperature: 0, drop-doc: [A, B], params: {grammar: g}}\n- 'model=m'\n";
        let plan = parse_plan(yaml, &|_| Err("none".into())).expect("a plan");
        let names: Vec<&str> = plan.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["original", "cold", "model=m"]);
        assert_eq!(plan.get(1).map(|v| v.params.len()), Some(2));
        for bad in ["", "a: b", "- {heat: 1}", "- [1]", "[]", "- {a: "] {
            assert!(parse_plan(bad, &|_| Err("none".into())).is_err(), "{bad}");
        }
    }
}
