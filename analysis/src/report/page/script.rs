//! The script of a report: its own modules, and those that draw a load in the live page.
//!
//! Rule: a module is a file with imports and exports, one to a line, as `scripts/build-page` takes them too. Here each
//! becomes a function that returns what it exports, so that one script without a request holds all of them.

use std::fmt::Write as _;

/// The modules, each after those that it imports.
const MODULES: [(&str, &str); 8] = [
    ("words", include_str!("../../../../web/page/words.js")),
    ("dom", include_str!("../../../../web/page/dom.js")),
    ("waterfall", include_str!("../../../../web/page/waterfall.js")),
    ("viewer", include_str!("../../../../web/page/viewer.js")),
    ("tabs", include_str!("../../../../web/page/tabs.js")),
    ("maps", include_str!("../maps.js")),
    ("loads", include_str!("../loads.js")),
    ("report", include_str!("../report.js")),
];

/// All modules as one script.
pub(super) fn script() -> String {
    let modules: String = MODULES.iter().map(|(name, source)| module(name, source)).collect();
    format!("'use strict';\n(() => {{\n{modules}}})();\n")
}

fn module(name: &str, source: &str) -> String {
    let mut exports: Vec<&str> = Vec::new();
    let mut body = String::with_capacity(source.len());
    for line in source.lines() {
        let import = line.strip_prefix("import {").and_then(|rest| rest.strip_suffix(".js';")?.split_once("} from '"));
        if let Some((names, path)) = import {
            let from = path.rsplit('/').next().unwrap_or(path);
            let _ = writeln!(body, "const {{{}}} = {from}Module;", names.replace(" as ", ": "));
            continue;
        }
        let own = line.strip_prefix("export ").unwrap_or(line);
        if own.len() < line.len() {
            exports.extend(own.split(' ').nth(1));
        }
        body.push_str(own);
        body.push('\n');
    }
    format!("const {name}Module = (() => {{\n{body}return {{{}}};\n}})();\n", exports.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{MODULES, module, script};

    #[test]
    fn imports_and_exports_become_variables() {
        let source = "import {a, b as c} from '../x/one.js';\nexport const d = 1;\nexport class E {\n}\n";
        let expected = "const twoModule = (() => {\nconst {a, b: c} = oneModule;\nconst d = 1;\nclass E {\n}\nreturn {d, E};\n})();\n";
        assert_eq!(module("two", source), expected);
    }

    #[test]
    fn each_import_is_of_an_earlier_module() {
        for (at, (name, source)) in MODULES.iter().enumerate() {
            for line in source.lines().filter(|line| line.starts_with("import ")) {
                let from = line.rsplit('/').next().and_then(|file| file.strip_suffix(".js';"));
                assert!(MODULES[..at].iter().any(|(earlier, _)| Some(*earlier) == from), "{name}: {line}");
            }
        }
        // No line of it is an import or an export that was not understood, and it cannot end its element.
        let script = script();
        assert!(!script.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
        assert!(!script.contains("</") && !script.contains("<!--"));
    }
}
