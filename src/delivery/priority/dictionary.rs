//! Dictionaries of structured fields (RFC 8941, 3.2 and 4.2.2), read without allocating: integers and
//! booleans by value, everything else only for being well formed.

/// A member's value, its parameters left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Integer(i64),
    Boolean(bool),
    /// Decimal, string, token, byte sequence or inner list.
    Other,
}

/// Digits of the largest integer, and of a decimal's two parts (RFC 8941, 3.3.1 and 3.3.2).
const INTEGER_DIGITS: usize = 15;
const WHOLE_DIGITS: usize = 12;
const FRACTION_DIGITS: usize = 3;

/// The members in their order; a key given twice comes twice, and the last counts. Ends after a `None`,
/// which says that `value` is no dictionary.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = Option<(&[u8], Item)>> {
    let mut reader = Reader(value);
    reader.spaces(b" ");
    let mut first = true;
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed || (first && reader.0.is_empty()) {
            return None;
        }
        let member = reader.next_member(std::mem::take(&mut first));
        failed = member.is_none();
        match member {
            Some(Next::End) => None,
            Some(Next::Member(key, item)) => Some(Some((key, item))),
            None => Some(None),
        }
    })
}

enum Next<'v> {
    Member(&'v [u8], Item),
    End,
}

struct Reader<'v>(&'v [u8]);

impl<'v> Reader<'v> {
    fn next_member(&mut self, first: bool) -> Option<Next<'v>> {
        if !first {
            self.spaces(b" \t");
            if self.0.is_empty() {
                return Some(Next::End);
            }
            self.require(b',')?;
            // A comma at the end is an error.
            self.spaces(b" \t");
        }
        let key = self.key()?;
        let item = if self.take(b'=') {
            if self.0.first() == Some(&b'(') {
                self.inner_list()?
            } else {
                self.bare_item()?
            }
        } else {
            Item::Boolean(true)
        };
        self.parameters()?;
        Some(Next::Member(key, item))
    }

    fn key(&mut self) -> Option<&'v [u8]> {
        let starts = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
        self.0.first().copied().filter(|first| starts(*first))?;
        Some(self.while_in(|byte| starts(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte)))
    }

    fn parameters(&mut self) -> Option<()> {
        while self.take(b';') {
            self.spaces(b" ");
            self.key()?;
            if self.take(b'=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    fn inner_list(&mut self) -> Option<Item> {
        self.require(b'(')?;
        loop {
            self.spaces(b" ");
            if self.take(b')') {
                return Some(Item::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            // Items are set apart by spaces.
            matches!(self.0.first(), Some(b' ' | b')')).then_some(())?;
        }
    }

    fn bare_item(&mut self) -> Option<Item> {
        match *self.0.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'?' => self.boolean(),
            b':' => self.byte_sequence(),
            first if first.is_ascii_alphabetic() || first == b'*' => {
                self.while_in(|byte| {
                    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)
                });
                Some(Item::Other)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Item> {
        let negative = self.take(b'-');
        let whole = self.while_in(|byte| byte.is_ascii_digit());
        if self.take(b'.') {
            let fraction = self.while_in(|byte| byte.is_ascii_digit());
            let fits = (1..=WHOLE_DIGITS).contains(&whole.len())
                && (1..=FRACTION_DIGITS).contains(&fraction.len());
            return fits.then_some(Item::Other);
        }
        if !(1..=INTEGER_DIGITS).contains(&whole.len()) {
            return None;
        }
        let value = whole
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        Some(Item::Integer(if negative { -value } else { value }))
    }

    fn string(&mut self) -> Option<Item> {
        self.require(b'"')?;
        loop {
            match self.byte()? {
                b'"' => return Some(Item::Other),
                b'\\' => {
                    matches!(self.byte()?, b'"' | b'\\').then_some(())?;
                }
                b' '..=b'~' => {}
                _ => return None,
            }
        }
    }

    fn boolean(&mut self) -> Option<Item> {
        self.require(b'?')?;
        match self.byte()? {
            b'0' => Some(Item::Boolean(false)),
            b'1' => Some(Item::Boolean(true)),
            _ => None,
        }
    }

    fn byte_sequence(&mut self) -> Option<Item> {
        self.require(b':')?;
        self.while_in(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        self.require(b':')?;
        Some(Item::Other)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, wanted: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == wanted => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn require(&mut self, wanted: u8) -> Option<()> {
        self.take(wanted).then_some(())
    }

    fn spaces(&mut self, which: &[u8]) {
        self.while_in(|byte| which.contains(&byte));
    }

    fn while_in(&mut self, belongs: impl Fn(u8) -> bool) -> &'v [u8] {
        let end = self
            .0
            .iter()
            .position(|byte| !belongs(*byte))
            .unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }
}
