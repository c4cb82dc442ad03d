//! No room too large, no path of one machine in the tree, no test named in the docs that is not there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines a file may have at most.
const WALL: usize = 600;
/// Lines a JavaScript function may have at most; Rust's are held by clippy (`clippy.toml`).
const FUNCTION: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn tracked(endings: &[&str]) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let wanted = |path: &&str| {
        !path.contains("vendor/") && endings.iter().any(|ending| path.ends_with(ending))
    };
    let there = |path: &str| Some(root().join(path)).filter(|path| path.is_file());
    let files: Vec<PathBuf> = text.lines().filter(wanted).filter_map(there).collect();
    assert!(!files.is_empty(), "git lists no {endings:?}");
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

#[test]
fn no_file_is_past_the_wall() {
    let large: Vec<String> = tracked(&[".rs", ".js", ".mjs", ".py", ".css", ".c", ".sh"])
        .iter()
        .map(|path| (path, read(path).lines().count()))
        .filter(|(_, lines)| *lines > WALL)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(large.is_empty(), "past {WALL} lines, make two rooms of:\n{}", large.join("\n"));
}

#[test]
fn no_path_of_one_machine_is_in_the_tree() {
    let homes = ["home", "root", "Users", "work", "tmp"].map(|folder| format!("/{folder}/"));
    let texts = [".rs", ".js", ".mjs", ".py", ".c", ".md", ".toml", ".json", ".xml", "run", "long"];
    let names = |path: &PathBuf| {
        let text = read(path);
        let found = homes.iter().find(|home| text.contains(home.as_str()))?;
        Some(format!("{} names {found}", path.display()))
    };
    let wrong: Vec<String> = tracked(&texts).iter().filter_map(names).collect();
    assert!(wrong.is_empty(), "paths of one machine:\n{}", wrong.join("\n"));
}

/// A function's end is its indentation's next closing brace.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let begins = line.contains("function ") || line.trim_end().ends_with("=> {");
        if !begins || !line.trim_end().ends_with('{') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let ends = |line: &&str| {
            line.len() - line.trim_start().len() == indent && line.trim_start().starts_with('}')
        };
        let length = lines[at + 1..].iter().position(ends).unwrap_or(0) + 2;
        if length > FUNCTION {
            long.push((at + 1, length));
        }
    }
    long
}

#[test]
fn no_script_function_is_too_long() {
    let mut wrong = Vec::new();
    for path in
        tracked(&[".js", ".mjs"]).iter().filter(|path| !path.to_string_lossy().contains("test"))
    {
        for (line, length) in long_functions(&read(path)) {
            wrong.push(format!("{}:{line} has {length} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "over {FUNCTION} lines:\n{}", wrong.join("\n"));
}

#[test]
fn a_long_function_would_be_found() {
    let text = format!("export function f() {{\n{}}}\n", "  a();\n".repeat(80));
    assert_eq!(long_functions(&text), [(1, 82)]);
}

#[test]
fn every_relative_link_in_the_docs_leads_somewhere() {
    let mut wrong = Vec::new();
    for path in tracked(&[".md"]) {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://") || target.contains(' ');
            if !outside && !path.parent().expect("a file is in a folder").join(target).exists() {
                wrong.push(format!("{} → {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "dead links:\n{}", wrong.join("\n"));
}

/// In ARCHITECTURE and conformance a test is named by the word "test" and its name in backquotes.
#[test]
fn every_test_the_docs_name_is_there() {
    let sources: String = tracked(&[".rs", ".mjs", ".py"]).iter().map(|path| read(path)).collect();
    let mut wrong = Vec::new();
    let mut named = 0;
    for path in tracked(&["ARCHITECTURE.md", "conformance.md"]) {
        for name in read(&path).split("test `").skip(1).filter_map(|rest| rest.split('`').next()) {
            named += 1;
            let function = sources.contains(&format!("fn {name}("));
            let script =
                sources.contains(&format!("'{name}'")) || sources.contains(&format!("\"{name}\""));
            if !function && !script {
                wrong.push(format!("{} names test `{name}`", path.display()));
            }
        }
    }
    assert!(named > 0, "the docs name no test at all");
    assert!(wrong.is_empty(), "no such test:\n{}", wrong.join("\n"));
}
