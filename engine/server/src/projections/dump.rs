//! Everything in the tables as text, ordered: two databases of one content give the same.

use std::fmt::Write;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Every table, row by row in the order of its key.
pub(super) fn dump(file: &Path) -> rusqlite::Result<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let tables = Connection::open_with_flags(file, flags)?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut names = tables.prepare(names)?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?;
    let mut text = String::new();
    for name in names {
        let name = name?;
        let mut rows = tables.prepare(&format!("SELECT * FROM {name}"))?;
        let columns = rows.column_count();
        let mut lines = Vec::new();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let mut line = name.clone();
            for column in 0..columns {
                let _ = match row.get_ref(column)? {
                    ValueRef::Null => write!(line, " -"),
                    ValueRef::Integer(value) => write!(line, " {value}"),
                    ValueRef::Real(value) => write!(line, " {value}"),
                    ValueRef::Text(value) => write!(line, " {:?}", String::from_utf8_lossy(value)),
                    ValueRef::Blob(value) => write!(line, " {value:02x?}"),
                };
            }
            lines.push(line);
        }
        lines.sort_unstable();
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }
    Ok(text)
}
