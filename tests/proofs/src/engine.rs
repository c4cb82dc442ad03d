//! The binary `varde` as a process on ports of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a start may take before a test gives up: long, for a machine that has other work.
const START: Duration = Duration::from_secs(90);

/// The folder that holds the built binaries.
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let deps = test.parent().expect("a test lies in deps");
    deps.parent().expect("deps lies in the profile's folder").to_owned()
}

/// The binary under test. `tests/run` builds it before the proofs run.
pub fn varde() -> Command {
    let binary = binaries().join("varde");
    assert!(binary.exists(), "{} is not built: cargo build --release -p varde", binary.display());
    Command::new(binary)
}

/// A running engine.
pub struct Engine {
    child: Child,
    /// Its data folder.
    pub data: PathBuf,
    addresses: Value,
}

/// Makes the folder's configuration: every port picked, a small segment, snapshots as often as can be, two
/// municipalities.
pub fn configure(data: &Path) -> PathBuf {
    let file = data.with_extension("toml");
    // What a test wants beside the usual under `[log]`.
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    let text = r#"purpose = "load_test"
[listen]
sip = "127.0.0.1:0"
sip_tls = "127.0.0.1:0"
quic = "127.0.0.1:0"
console = "127.0.0.1:0"
ops = "127.0.0.1:0"
[log]
segment_mib = 1
[snapshot]
every_entries = 100
[sip]
municipality = "0301"
[[municipality]]
number = "0301"
name = "Oslo"
[[municipality]]
number = "4601"
name = "Bergen"
"#;
    let text = text.replace("segment_mib = 1\n", &format!("segment_mib = 1\n{log}"));
    std::fs::write(&file, text).expect("the configuration can be written");
    file
}

impl Engine {
    /// Starts `varde serve` on a folder and waits until it is ready.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same, with environment variables.
    pub fn start_with(data: &Path, env: &[(&str, &str)]) -> Self {
        Self::try_start(data, env).unwrap_or_else(|why| panic!("the engine did not start: {why}"))
    }

    /// The same; an engine that exits instead is told with what it printed.
    pub fn try_start(data: &Path, env: &[(&str, &str)]) -> Result<Self, String> {
        Self::try_start_as(data, &[], env)
    }

    /// The same, with further arguments.
    pub fn try_start_as(data: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<Self, String> {
        let config = configure(data);
        let mut command = varde();
        command.arg("serve").args(args).arg("--data").arg(data).arg("--config").arg(config);
        command.envs(env.iter().copied());
        Self::run(data, command)
    }

    /// Starts one that may open so many files at a time.
    pub fn start_with_files(data: &Path, files: u32) -> Self {
        let limited = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(limited).arg(varde().get_program());
        command.args(["serve", "--data"]).arg(data).arg("--config").arg(configure(data));
        Self::run(data, command).unwrap_or_else(|why| panic!("the engine did not start: {why}"))
    }

    /// Runs it and waits until it is ready.
    fn run(data: &Path, mut command: Command) -> Result<Self, String> {
        let addresses = data.join("addresses.json");
        let _ = std::fs::remove_file(&addresses);
        // Into files: a pipe that nobody reads would stop an engine that has much to say.
        let file = |ending| File::create(data.with_extension(ending)).expect("a file beside it");
        let child = command
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .map_err(|why| why.to_string())?;
        let mut engine = Self { child, data: data.to_owned(), addresses: Value::Null };
        let since = Instant::now();
        loop {
            if let Ok(Some(status)) = engine.child.try_wait() {
                return Err(format!("{status}: {}", engine.printed()));
            }
            let text = std::fs::read(&addresses).unwrap_or_default();
            if let Ok(found) = serde_json::from_slice::<Value>(&text) {
                engine.addresses = found;
                if engine.get("ops", "/livez").is_some_and(|(status, _)| status == 200) {
                    return Ok(engine);
                }
            }
            if since.elapsed() > START {
                return Err(format!("not ready in {START:?}: {}", engine.printed()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has said on standard error.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("err")).unwrap_or_default()
    }

    /// The one-time login it printed.
    pub fn first_login(&self) -> String {
        let text = std::fs::read_to_string(self.data.with_extension("out")).unwrap_or_default();
        let once = text.split("once=").nth(1).and_then(|rest| rest.split_whitespace().next());
        once.unwrap_or_else(|| panic!("no one-time login was printed: {text}")).to_owned()
    }

    /// Where it listens: `sip_tcp`, `sip_udp`, `quic`, `console`, `ops` …
    pub fn address(&self, what: &str) -> SocketAddr {
        let text = self.addresses[what].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| panic!("addresses.json has no {what}"))
    }

    /// A plain HTTP GET: status and body.
    pub fn get(&self, what: &str, path: &str) -> Option<(u16, String)> {
        get(self.address(what), path)
    }

    /// `/state` of the health listener.
    pub fn state(&self) -> Value {
        let (status, body) = self.get("ops", "/state").expect("the engine answers /state");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("/state is JSON")
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        let _ = self.child.wait();
    }

    /// SIGTERM, and how it ended.
    pub fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success(), "the engine had ended before it was asked to");
        self.wait(Duration::from_secs(20)).expect("it stops within 20 s")
    }

    /// Waits for it to end by itself.
    pub fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < at_most {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A plain HTTP GET on a connection of its own.
pub fn get(at: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&at, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())?;
    Some((status, body))
}

/// Runs `varde verify` on a folder.
pub fn verify(data: &Path) -> Output {
    varde().arg("verify").arg("--data").arg(data).output().expect("varde runs")
}

/// Runs `varde log` on a folder and reads its lines.
pub fn log(data: &Path) -> Vec<Value> {
    let output = varde().arg("log").arg("--data").arg(data).output().expect("varde runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "varde log failed: {told}");
    lines(&output.stdout)
}

/// The lines that `varde log` printed.
pub fn lines(printed: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(printed).expect("varde log prints UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Every file below a folder that holds something, in order of its path.
pub fn kept(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            found.extend(kept(&path));
        } else if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
            found.push(path);
        }
    }
    found.sort();
    found
}
