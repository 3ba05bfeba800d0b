//! Why a field section cannot be read.

/// Every variant but the last two is QPACK_DECOMPRESSION_FAILED (RFC 9204, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the field section ends inside a field line")]
    Truncated,
    #[error("integer above 62 bits")]
    IntegerOverflow,
    #[error("reference to the dynamic table, whose capacity is 0")]
    DynamicReference,
    #[error("static table index {0} does not exist")]
    StaticIndex(u64),
    #[error("negative base")]
    NegativeBase,
    #[error("Huffman code: end-of-string symbol")]
    HuffmanEndOfString,
    #[error("Huffman code: wrong padding")]
    HuffmanPadding,
    #[error("field section larger than allowed")]
    SectionTooLarge,
    #[error("more field lines than allowed")]
    TooManyFields,
}
