//! TypeScript declarations of the documents, collected from the command list.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use ts_rs::{Config, TS, TypeVisitor};

/// Collects declarations of types and of what they refer to, each once.
pub(crate) struct Collector {
    config: Config,
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
}

impl Default for Collector {
    fn default() -> Self {
        // Counters and money stay below 2^53; times cross as strings.
        Self { config: Config::new().with_large_int("number"), seen: HashSet::new(), declarations: BTreeMap::new() }
    }
}

impl Collector {
    pub(crate) fn add<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            self.declarations.insert(T::ident(&self.config), T::decl(&self.config));
        }
        T::visit_dependencies(self);
    }

    pub(crate) fn name<T: TS>(&self) -> String {
        T::name(&self.config)
    }

    pub(crate) fn finish(self, rpc: &str) -> String {
        let mut out = String::from(
            "// Written by `cargo xtask bindings` from crates/api. Do not edit.\n\n",
        );
        for declaration in self.declarations.values() {
            out.push_str("export ");
            out.push_str(declaration);
            out.push_str("\n\n");
        }
        out.push_str("/** Every command of the core: what it takes and what it gives. */\nexport interface RpcSchema {\n");
        out.push_str(rpc);
        out.push_str("}\n");
        out
    }
}

impl TypeVisitor for Collector {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}
