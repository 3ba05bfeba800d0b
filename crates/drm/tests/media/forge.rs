//! The crate `mp4forge`, a decryptor of other hands, gives back every sample.
use crate::clip::{KEY, KID};
use crate::mp4;
use bytes::Bytes;
use mp4forge::decrypt::{DecryptOptions, decrypt_bytes};

/// `what`: for the message.
pub fn check(what: &str, clear: &Bytes, protected: &Bytes) {
    let options = DecryptOptions::new()
        .with_key_spec(&format!("{KID}:{KEY}"))
        .unwrap();
    let decrypted: Bytes = decrypt_bytes(protected, &options)
        .unwrap_or_else(|error| panic!("{what}: {error}"))
        .into();
    let decrypted = mp4::read(&decrypted, 0);
    let clear = mp4::read(clear, 0);
    assert_eq!(decrypted.samples.len(), clear.samples.len(), "{what}");
    for (i, (ours, source)) in decrypted.samples.iter().zip(&clear.samples).enumerate() {
        assert!(ours == source, "{what}: sample {i} differs");
    }
    assert_eq!(decrypted.entry[4..8], clear.entry[4..8], "{what}");
}
