//! `ttft`: the first token came within a time. Milliseconds.

use super::latency::{self, Within};
use super::{AssertionType, Cache};

pub(super) const TYPE: AssertionType = AssertionType {
    name: "ttft",
    about: "The first token came within `max_ms`.",
    example: "ttft:800ms",
    main_field: "max_ms",
    from_value: latency::from_value,
    prepare: |fields, _: &mut Cache| {
        let limit = latency::limit(fields)?;
        Ok(Box::new(Within { what: "the time to the first token", limit, fact: |subject| subject.take.ttft_ms }))
    },
    schema: |generator| generator.subschema_for::<latency::Fields>(),
};
