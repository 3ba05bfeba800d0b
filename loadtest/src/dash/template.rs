//! Templates of URLs (DASH 5.3.9.4.4).

/// What identifiers stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    pub(super) representation: &'a str,
    pub(super) bandwidth: u64,
    pub(super) number: u64,
    pub(super) time: u64,
}

/// Widest that a format tag may ask for.
const MAX_WIDTH: usize = 32;

/// Why a template cannot be filled in.
pub(super) fn fill(template: &str, values: &Values<'_>) -> Result<String, String> {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        filled.push_str(before);
        let Some((identifier, after)) = behind.split_once('$') else {
            return Err("a `$` without its second".to_owned());
        };
        rest = after;
        let (name, width) = match identifier.split_once('%') {
            Some((name, format)) => {
                let width = format.strip_prefix('0').and_then(|f| f.strip_suffix('d'));
                let width = width.and_then(|width| width.parse::<usize>().ok());
                let width = width.filter(|width| *width <= MAX_WIDTH);
                (
                    name,
                    width.ok_or_else(|| format!("the format tag %{format}"))?,
                )
            }
            None => (identifier, 1),
        };
        match name {
            "" => filled.push('$'),
            "RepresentationID" => filled.push_str(values.representation),
            "Number" => filled.push_str(&format!("{:0width$}", values.number)),
            "Time" => filled.push_str(&format!("{:0width$}", values.time)),
            "Bandwidth" => filled.push_str(&format!("{:0width$}", values.bandwidth)),
            other => return Err(format!("the identifier ${other}$ is not known")),
        }
    }
    filled.push_str(rest);
    Ok(filled)
}
