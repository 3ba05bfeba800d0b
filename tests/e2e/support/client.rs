//! curl, as a client that nobody here wrote.
use std::collections::HashMap;
use std::process::Command;

/// A request to be sent.
pub(crate) struct Curl(Command);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `1.1`, `2`
    pub(crate) version: String,
    /// Names in lower case; the last of several wins.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Curl {
    pub(crate) fn get(url: &str) -> Self {
        let mut command = Command::new("curl");
        command.args(["-sS", "-k", "-i", "--path-as-is", "--max-time", "60", url]);
        Self(command)
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn header(self, line: &str) -> Self {
        self.arg("-H").arg(line)
    }

    pub(crate) fn run(self) -> Answer {
        self.try_run()
            .unwrap_or_else(|error| panic!("curl: {error}"))
    }

    /// The error is curl's own word.
    pub(crate) fn try_run(mut self) -> Result<Answer, String> {
        let output = self.0.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!(
                "{:?} {}",
                output.status.code(),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        Answer::parse(&output.stdout).ok_or_else(|| "no HTTP response".to_owned())
    }
}

impl Answer {
    fn parse(raw: &[u8]) -> Option<Self> {
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&raw[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let mut status = lines.next()?.split(' ');
        let version = status.next()?.strip_prefix("HTTP/")?.to_owned();
        let status = status.next()?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self {
            status,
            version,
            headers,
            body: raw[end + 4..].to_vec(),
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a body of text")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The stable word for why it was refused.
    pub(crate) fn reason(&self) -> &str {
        self.header("edgepack-reason")
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{:?}\n{}",
            self.headers,
            String::from_utf8_lossy(&self.body)
        );
        self
    }
}

/// The body of a 200.
pub(crate) fn fetch(url: &str) -> Vec<u8> {
    Curl::get(url).run().expect(200).body
}

pub(crate) fn fetch_text(url: &str) -> String {
    Curl::get(url).run().expect(200).text()
}
