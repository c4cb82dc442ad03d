//! `varde password`: a password in, its Argon2 hash out.

use std::io::Read as _;
use std::process::ExitCode;

/// The shortest password taken, in characters.
const SHORTEST: usize = 10;

/// Reads one line from standard input, never from the command line: arguments are seen by everyone.
pub(crate) fn run() -> Result<ExitCode, String> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text).map_err(|why| why.to_string())?;
    let password = text.lines().next().unwrap_or_default();
    if password.chars().count() < SHORTEST {
        return Err(format!(
            "a password needs at least {SHORTEST} characters; write it to standard input"
        ));
    }
    println!("{}", server::api::hash_password(password).map_err(|why| why.to_string())?);
    Ok(ExitCode::SUCCESS)
}
