//! Embeds the page: writes a table of the files of `console/` for `src/api/assets.rs`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let console = root.join("../../console");
    println!("cargo::rerun-if-changed={}", console.display());
    if !console.join("index.html").is_file() {
        let why = "console/index.html is missing: the server embeds the page; restore the folder";
        return Err(io::Error::new(io::ErrorKind::NotFound, why));
    }
    let console = console.canonicalize()?;
    let mut files = Vec::new();
    walk(&console, &mut files)?;
    let mut assets: Vec<(String, &PathBuf)> =
        files.iter().map(|file| (asset_path(&console, file), file)).collect();
    assets.sort();
    let table = table(&assets)?;
    fs::write(PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("assets.rs"), table)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_of_the_page(name) {
            continue;
        }
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Not: hidden files, tests, notes to developers, and what a package manager wants.
fn is_of_the_page(name: &str) -> bool {
    let developers = name.contains(".test.")
        || name.starts_with("README")
        || matches!(name, "package.json" | "package-lock.json");
    !name.is_empty() && !name.starts_with('.') && !developers && name != "node_modules"
}

fn asset_path(console: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(console).unwrap_or(file);
    inside.iter().fold(String::new(), |path, part| path + "/" + &part.to_string_lossy())
}

fn table(assets: &[(String, &PathBuf)]) -> io::Result<String> {
    let mut table = "/// Sorted by path.\nstatic ASSETS: &[Asset] = &[\n".to_owned();
    for (path, file) in assets {
        let hash = Sha256::digest(fs::read(file)?);
        let tag = hash.iter().fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"));
        let kind = content_type(file);
        let file = file.display().to_string();
        let _ = writeln!(
            table,
            "    Asset {{ path: {path:?}, bytes: include_bytes!({file:?}), content_type: {kind:?}, etag: \"\\\"{tag}\\\"\" }},"
        );
    }
    table.push_str("];\n");
    Ok(table)
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("mp3") => "audio/mpeg",
        Some("ogg") => "audio/ogg",
        Some("wav") => "audio/wav",
        Some("txt" | "md") | None => "text/plain; charset=utf-8",
        Some(_) => "application/octet-stream",
    }
}
