//! The columns themselves: one list a field, all of one length.

/// Spans, a column each. `tenant` … `prompt_version` are what the span has or inherits.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    pub pk: Vec<u32>,
    pub tie: Vec<u64>,
    pub trace: Vec<u32>,
    pub bits: Vec<u16>,
    pub kind: Vec<u8>,
    pub name: Vec<u32>,
    pub start: Vec<i64>,
    pub duration: Vec<i64>,
    pub ttft: Vec<i64>,
    pub input: Vec<i64>,
    pub output: Vec<i64>,
    pub cost: Vec<i64>,
    pub tenant: Vec<u32>,
    pub user: Vec<u32>,
    pub feature: Vec<u32>,
    pub conversation: Vec<u32>,
    pub environment: Vec<u32>,
    pub provider: Vec<u32>,
    pub request_model: Vec<u32>,
    pub response_model: Vec<u32>,
    pub prompt_name: Vec<u32>,
    pub prompt_version: Vec<u32>,
    /// Combination of words that it shares with others, as it is without what it inherits.
    pub shape: Vec<u32>,
}

impl Spans {
    /// Makes room: a column that grows as it is filled is copied over and over.
    pub(crate) fn reserve(&mut self, n: usize) {
        let Self { pk, tie, trace, bits, kind, name, start, duration, ttft, input, output, cost, .. } = self;
        [start, duration, ttft, input, output, cost].into_iter().for_each(|column| column.reserve(n));
        [pk, trace, name].into_iter().for_each(|column| column.reserve(n));
        tie.reserve(n);
        bits.reserve(n);
        kind.reserve(n);
        let Self { tenant, user, feature, conversation, environment, provider, shape, .. } = self;
        [tenant, user, feature, conversation, environment, provider, shape]
            .into_iter()
            .for_each(|column| column.reserve(n));
        let Self { request_model, response_model, prompt_name, prompt_version, .. } = self;
        [request_model, response_model, prompt_name, prompt_version].into_iter().for_each(|column| column.reserve(n));
    }
}

/// Traces, a column each. Numbers are sums over own usage; names are those that a list shows.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub pk: Vec<u32>,
    pub tie: Vec<u128>,
    /// Where the members begin, and how many.
    pub members: Vec<(u32, u32)>,
    pub root: Vec<u32>,
    pub bits: Vec<u16>,
    pub start: Vec<i64>,
    pub duration: Vec<i64>,
    pub ttft: Vec<i64>,
    pub input: Vec<i64>,
    pub output: Vec<i64>,
    pub cost: Vec<i64>,
    /// Position of the model call that a list names.
    pub call: Vec<u32>,
}

impl Traces {
    /// Makes room.
    pub(crate) fn reserve(&mut self, n: usize) {
        let Self { pk, tie, members, root, bits, start, duration, ttft, input, output, cost, call } = self;
        [start, duration, ttft, input, output, cost].into_iter().for_each(|column| column.reserve(n));
        [pk, root, call].into_iter().for_each(|column| column.reserve(n));
        tie.reserve(n);
        members.reserve(n);
        bits.reserve(n);
    }
}
