//! Makes the JavaScript side of a WebAssembly module: `wasm-bind MODULE FOLDER`. The library does what the program
//! `wasm-bindgen` does, and cargo keeps it at the version that the module was compiled with.

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = words.as_slice() else { bail!("usage: wasm-bind MODULE FOLDER") };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).out_name("charts").typescript(false);
    // Names of functions are a third of the module, and nobody reads its stacks.
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.web(true)?.generate(folder).with_context(|| format!("{module} into {folder}"))
}
