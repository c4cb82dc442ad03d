//! The machine's accounts, as the log names them: `os:` and the account's name.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

/// The account this process runs as.
pub(super) fn own() -> io::Result<u32> {
    // The kernel makes this folder its process's own.
    fs::metadata("/proc/self").map(|found| found.uid())
}

/// By its name in the machine's list of accounts, or by its number where that list has none.
pub(super) fn name(uid: u32) -> String {
    let list = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&list, uid).map_or_else(|| format!("os:{uid}"), |name| format!("os:{name}"))
}

fn name_in(list: &str, uid: u32) -> Option<&str> {
    let wanted = uid.to_string();
    let account = |line: &&str| line.split(':').nth(2) == Some(wanted.as_str());
    let name = list.lines().find(account)?.split(':').next()?;
    (!name.is_empty() && name.len() <= 32).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_as_the_machine_names_it() {
        let list = "root:x:0:0:root:/:/bin/sh\nvarde:x:990:990::/:/bin/false\nbroken\n";
        assert_eq!(name_in(list, 990), Some("varde"));
        assert_eq!(name_in(list, 0), Some("root"));
        assert_eq!(name_in(list, 99), None);
        assert!(name(u32::MAX - 7).starts_with("os:"));
    }
}
