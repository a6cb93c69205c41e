//! Names across systems: whether a word of one log and a word of another mean the same tool.
//!
//! An audit log says `tool:apply_credit`, `functions/applyCredit` or `credit.apply`; the trace says `apply_credit`.

/// Words before a tool's name that only say that it is one.
const TOOL_WORDS: &[&str] = &[
    "tool",
    "tools",
    "function",
    "functions",
    "func",
    "fn",
    "action",
    "actions",
    "mcp",
    "plugin",
    "plugins",
    "skill",
    "skills",
];

/// A piece of a name: a lower-case word, and whether a real separator (not `_`, `-` or a hump) stands at its sides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    word: String,
    /// Separator before it: `None` at the start, `Some('_')` for a soft one or a hump.
    before: Option<char>,
    after: Option<char>,
}

/// Lower-case words of a name: `applyCredit`, `apply_credit` and `apply-credit` are the same two.
pub fn words(name: &str) -> Vec<String> {
    pieces(name).into_iter().map(|piece| piece.word).collect()
}

/// True when `text` (a resource, an action) names the tool `tool`, whatever stands around the name.
pub fn names_tool(text: &str, tool: &str) -> bool {
    if text.trim().eq_ignore_ascii_case(tool.trim()) && !tool.trim().is_empty() {
        return true;
    }
    let text = pieces(text);
    forms(tool).iter().any(|form| holds(&text, form))
}

/// True when `text` says by itself that it is about a tool: `tool:…`, `functions/…`, `tool.invoke`.
pub fn is_toolish(text: &str) -> bool {
    pieces(text).iter().any(|piece| TOOL_WORDS.contains(&piece.word.as_str()))
}

/// True when the words of `action` (and the head of `resource`) are those of the tool in another order:
/// `credit.apply` or `apply` on `credit/ACC-1` for `apply_credit`.
pub fn same_words(action: &str, resource: &str, tool: &str) -> bool {
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words.dedup();
        words
    };
    let tool = sorted(words(tool));
    if tool.len() < 2 {
        return false;
    }
    let head = resource.split([':', '/', '#', '?', '(', ' ']).next().unwrap_or_default();
    let with_head = words(action).into_iter().chain(words(head)).collect();
    sorted(words(action)) == tool || sorted(with_head) == tool
}

/// The tool's name as word lists to look for: whole, without a leading tool word, and its last segment when that alone
/// is telling (two words or more).
fn forms(tool: &str) -> Vec<Vec<String>> {
    let all = pieces(tool);
    let bare: Vec<&Piece> = {
        let skip =
            all.iter().take_while(|piece| TOOL_WORDS.contains(&piece.word.as_str()) && is_hard(piece.after)).count();
        if skip < all.len() { all[skip..].iter().collect() } else { all.iter().collect() }
    };
    let last_segment: Vec<String> = bare
        .iter()
        .rposition(|piece| is_hard(piece.before))
        .map(|start| bare[start..].iter().map(|piece| piece.word.clone()).collect())
        .unwrap_or_default();
    let mut forms = vec![bare.iter().map(|piece| piece.word.clone()).collect::<Vec<_>>()];
    if last_segment.len() >= 2 {
        forms.push(last_segment);
    }
    forms.retain(|form| !form.is_empty());
    forms
}

/// True when `form` stands in `text` with real separators around it.
fn holds(text: &[Piece], form: &[String]) -> bool {
    text.windows(form.len()).enumerate().any(|(at, window)| {
        window.iter().map(|piece| &piece.word).eq(form)
            && edge(window.first().and_then(|piece| piece.before), form, at.checked_sub(1).and_then(|i| text.get(i)))
            && edge(window.last().and_then(|piece| piece.after), form, text.get(at + form.len()))
    })
}

/// Whether a name may end at this separator. A dot joins names as often as it parts them (`support.answer` is no tool
/// `answer`), so beside a name of one word it counts only next to a tool word or a verb of running.
fn edge(separator: Option<char>, form: &[String], neighbour: Option<&Piece>) -> bool {
    match separator {
        None => true,
        Some('.') if form.len() == 1 => {
            neighbour.is_some_and(|piece| TOOL_WORDS.contains(&piece.word.as_str()) || is_running(&piece.word))
        }
        separator => is_hard(separator),
    }
}

fn is_running(word: &str) -> bool {
    ["invoke", "invoked", "call", "called", "execute", "executed", "run", "use", "perform"].contains(&word)
}

fn is_hard(separator: Option<char>) -> bool {
    !matches!(separator, Some('_' | '-'))
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut word = String::new();
    let mut before = None;
    let mut previous: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            let hump = c.is_uppercase()
                && previous.is_some_and(|p| {
                    p.is_lowercase()
                        || p.is_ascii_digit()
                        || (p.is_uppercase() && chars.peek().is_some_and(|n| n.is_lowercase()))
                });
            if hump && !word.is_empty() {
                out.push(Piece { word: std::mem::take(&mut word), before, after: Some('_') });
                before = Some('_');
            }
            word.extend(c.to_lowercase());
        } else {
            if !word.is_empty() {
                out.push(Piece { word: std::mem::take(&mut word), before, after: Some(c) });
                before = Some(c);
            } else if before.is_none() || !is_hard(before) {
                // `__` and `: ` are one separator; the harder of its characters counts.
                before = Some(c);
                if let Some(last) = out.last_mut() {
                    last.after = Some(c);
                }
            }
        }
        previous = Some(c);
    }
    if !word.is_empty() {
        out.push(Piece { word, before, after: None });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_known_by_its_name_in_other_systems() {
        for (text, tool, expected) in [
            ("tool:apply_credit", "apply_credit", true),
            ("apply_credit", "apply_credit", true),
            ("tools/apply_credit", "apply_credit", true),
            ("function:applyCredit", "apply_credit", true),
            ("Tool: apply-credit", "apply_credit", true),
            ("apply_credit(ACC-1007)", "apply_credit", true),
            ("urn:app:tool:apply_credit#ACC-1", "apply_credit", true),
            ("mcp://crm/apply_credit", "crm.apply_credit", true),
            ("apply_credit", "functions.apply_credit", true),
            ("crm.refund", "crm.refund", true),
            ("tool.search", "search", true),
            ("search.invoke", "search", true),
            ("tool:get_subscription_history", "get_subscription", false),
            ("tool:forget_subscription", "get_subscription", false),
            ("support.answer", "answer", false),
            ("tool:apply_credit_v2", "apply_credit", false),
            ("account/ACC-1", "apply_credit", false),
            ("", "apply_credit", false),
            ("tool:", "", false),
            ("__apply__credit__", "apply_credit", false),
        ] {
            assert_eq!(names_tool(text, tool), expected, "{text:?} names {tool:?}");
        }
    }

    #[test]
    fn the_same_words_in_another_order_are_the_tool() {
        assert!(same_words("credit.apply", "account/ACC-1", "apply_credit"));
        assert!(same_words("apply", "credit:ACC-1", "apply_credit"));
        assert!(!same_words("permission.check", "credit", "apply_credit"));
        assert!(!same_words("search", "search", "search"));
    }
}
