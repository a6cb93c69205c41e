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
        let mut out = String::from("// Written by `cargo xtask bindings` from crates/api. Do not edit.\n\n");
        for declaration in self.declarations.values() {
            out.push_str("export ");
            out.push_str(declaration);
            out.push_str("\n\n");
        }
        out.push_str(
            "/** Every command of the core: what it takes and what it gives. */\nexport interface RpcSchema {\n",
        );
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

#[cfg(test)]
mod tests {
    /// Writes the bindings where `cargo xtask bindings` wants them; run alone, it compares with the committed ones.
    #[test]
    fn export_bindings() {
        let text = crate::schema::typescript();
        if let Ok(folder) = std::env::var("TS_RS_EXPORT_DIR") {
            std::fs::create_dir_all(&folder).expect("the folder can be made");
            std::fs::write(std::path::Path::new(&folder).join("rpc.ts"), text).expect("the file can be written");
            return;
        }
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/bindings/rpc.ts");
        let committed = std::fs::read_to_string(committed).expect("the bindings are committed");
        assert!(text == committed, "ui/src/bindings/rpc.ts is out of date: run `cargo xtask bindings`");
    }
}
