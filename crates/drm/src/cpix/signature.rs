//! Signatures over a document or its parts (W3C "XML Signature Syntax and Processing", as far as CPIX uses it).
//!
//! RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512; references to the whole document or to an element by its id;
//! the enveloped-signature transform and canonicalisation, nothing else. What a signature covers is decided on the
//! same tree that the document is read from, and an id names one element only.
use super::document::Document;
use super::read::{self, Node};
use super::xml::c14n::{Method, canonicalize};
use super::xml::{Id, Tree};
use super::{CPIX, DSIG, Error, Limits, Result};
use ring::digest;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use std::collections::HashSet;
use std::fmt;

#[cfg(test)]
mod tests;

/// Certificates in one configuration: each is tried on each signature.
const MAX_SIGNERS: usize = 16;
/// Prefixes in `InclusiveNamespaces`.
const MAX_PREFIXES: usize = 64;
/// Namespace of the exclusive canonicalisation's parameters.
const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// What must stand on signed ground where signatures are required: all that [`Document`] is read from.
const LISTS: [&str; 5] = [
    "DeliveryDataList",
    "ContentKeyList",
    "DRMSystemList",
    "ContentKeyPeriodList",
    "ContentKeyUsageRuleList",
];

/// Whose signatures count. A certificate counts by itself: neither its issuer nor its dates are looked at.
#[derive(Clone)]
pub struct Signers {
    certificates: Vec<CertificateDer<'static>>,
    required: bool,
}

impl Signers {
    /// From PEM: one X.509 certificate with an RSA key, or several. With `required`, documents whose lists are not all
    /// signed are refused; without, unsigned ones are taken, and wrongly signed ones refused.
    ///
    /// # Errors
    /// [`Error::Configuration`].
    pub fn from_pem(pem: &[u8], required: bool) -> Result<Self> {
        const UNREADABLE: Error = Error::Configuration("a signer's certificate cannot be read");
        let mut certificates = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| UNREADABLE)?;
            webpki::EndEntityCert::try_from(&certificate).map_err(|_| UNREADABLE)?;
            certificates.push(certificate);
        }
        match certificates.len() {
            0 => Err(Error::Configuration("no signer's certificate in PEM")),
            1..=MAX_SIGNERS => Ok(Self {
                certificates,
                required,
            }),
            _ => Err(Error::Configuration("too many signers")),
        }
    }

    fn have_signed(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.certificates.iter().any(|certificate| {
            webpki::EndEntityCert::try_from(certificate).is_ok_and(|signer| {
                signer
                    .verify_signature(algorithm, message, signature)
                    .is_ok()
            })
        })
    }
}

impl fmt::Debug for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signers")
            .field("certificates", &self.certificates.len())
            .field("required", &self.required)
            .finish()
    }
}

impl Document {
    /// Reads a document and checks its signatures. [`Self::parse`] is for where no signers are known: it trusts the
    /// connection alone.
    ///
    /// # Errors
    /// As [`Self::parse`]; [`Error::Signature`] for a signature that none of the signers made, or that no longer fits
    /// what it is over; and, where signatures are required, for a list that none covers.
    pub fn parse_signed(bytes: &[u8], limits: &Limits, signers: &Signers) -> Result<Self> {
        let tree = Tree::parse(bytes, limits)?;
        let signed = verify(&tree, limits, signers)?;
        if signers.required {
            let root = Node::root(&tree);
            for child in root.children() {
                let element = tree.get(child.id);
                let read = LISTS.iter().any(|list| element.is(CPIX, list));
                let covered = tree.ancestors(child.id).any(|id| signed.contains(&id));
                if read && !covered {
                    return Err(Error::Signature("a part of the document is not signed"));
                }
            }
            if signed.is_empty() {
                return Err(Error::Signature("the document is not signed"));
            }
        }
        read::document(&tree, limits)
    }
}

/// Every signature of the document holds. The elements they are over.
fn verify(tree: &Tree, limits: &Limits, signers: &Signers) -> Result<HashSet<Id>> {
    let mut signed = HashSet::new();
    let root = Node::root(tree);
    for signature in root.at_most(DSIG, "Signature", limits.signatures, "signatures")? {
        let info = only(&signature, "SignedInfo")?;
        let canonicalization = only(&info, "CanonicalizationMethod")?;
        let method = canonical(&canonicalization)?.ok_or(Error::Signature(
            "a canonicalization that CPIX has no use for",
        ))?;
        let value = only(&signature, "SignatureValue")?
            .base64()
            .ok_or(Error::Signature("its value is not base64"))?;
        let algorithm = signature_algorithm(&only(&info, "SignatureMethod")?)?;
        // The signer first: what a stranger refers to is not worth digesting.
        if !signers.have_signed(
            algorithm,
            &canonicalize(tree, info.id, &method, None),
            &value,
        ) {
            return Err(Error::Signature("none of the configured signers made it"));
        }
        let references = info.at_most(DSIG, "Reference", limits.signatures, "references")?;
        if references.is_empty() {
            return Err(Error::Signature("it is over nothing"));
        }
        for reference in references {
            signed.insert(check(&reference, signature.id)?);
        }
    }
    Ok(signed)
}

/// The element of a reference, if it is as it was signed.
fn check(reference: &Node<'_>, signature: Id) -> Result<Id> {
    let tree = reference.tree;
    let apex = match reference.raw("URI") {
        Some("") => Tree::ROOT,
        Some(uri) => uri
            .strip_prefix('#')
            .and_then(|id| by_id(tree, id))
            .ok_or(Error::Signature("it is over an element that is not there"))?,
        None => return Err(Error::Signature("a reference without URI")),
    };
    let mut without = None;
    // What is not made into bytes by a transform is canonicalised so (XML Signature, 4.4.3.2).
    let mut method = None;
    if let Some(transforms) = reference
        .child(DSIG, "Transforms")
        .map_err(|_| Error::Signature("two lists of transforms"))?
    {
        for transform in transforms.children() {
            if !tree.get(transform.id).is(DSIG, "Transform") || method.is_some() {
                return Err(Error::Signature("a transform that CPIX has no use for"));
            }
            if transform.raw("Algorithm") == Some(ENVELOPED) {
                without = Some(signature);
                continue;
            }
            method = canonical(&transform)?;
            if method.is_none() {
                return Err(Error::Signature("a transform that CPIX has no use for"));
            }
        }
    }
    let method = method.unwrap_or(Method::Inclusive10);
    let algorithm = digest_algorithm(&only(reference, "DigestMethod")?)?;
    let wanted = only(reference, "DigestValue")?
        .base64()
        .ok_or(Error::Signature("a digest is not base64"))?;
    let is = digest::digest(algorithm, &canonicalize(tree, apex, &method, without));
    match is.as_ref() == wanted.as_slice() {
        true => Ok(apex),
        false => Err(Error::Signature("what it is over was changed")),
    }
}

fn by_id(tree: &Tree, id: &str) -> Option<Id> {
    let mut elements = tree.elements();
    elements
        .find(|(_, element)| element.ids().any(|own| own == id))
        .map(|(found, _)| found)
}

/// None for another algorithm. Those that keep comments are others.
fn canonical(node: &Node<'_>) -> Result<Option<Method>> {
    Ok(Some(match node.raw("Algorithm") {
        Some("http://www.w3.org/TR/2001/REC-xml-c14n-20010315") => Method::Inclusive10,
        Some("http://www.w3.org/2006/12/xml-c14n11") => Method::Inclusive11,
        Some(EXC_C14N) => {
            let listed = node
                .child(EXC_C14N, "InclusiveNamespaces")
                .map_err(|_| Error::Signature("two lists of prefixes"))?
                .and_then(|list| list.raw("PrefixList"))
                .unwrap_or_default();
            let prefix = |name: &str| match name {
                "#default" => String::new(),
                name => name.to_owned(),
            };
            let listed = listed.split_ascii_whitespace().map(prefix);
            let listed: Vec<String> = listed.take(MAX_PREFIXES + 1).collect();
            if listed.len() > MAX_PREFIXES {
                return Err(Error::Signature("too many prefixes"));
            }
            Method::Exclusive(listed)
        }
        _ => return Ok(None),
    }))
}

fn signature_algorithm(method: &Node<'_>) -> Result<&'static dyn SignatureVerificationAlgorithm> {
    match method.raw("Algorithm") {
        Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256") => {
            Ok(webpki::ring::RSA_PKCS1_2048_8192_SHA256)
        }
        Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384") => {
            Ok(webpki::ring::RSA_PKCS1_2048_8192_SHA384)
        }
        Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512") => {
            Ok(webpki::ring::RSA_PKCS1_2048_8192_SHA512)
        }
        _ => Err(Error::Signature("not RSA with SHA-256, SHA-384 or SHA-512")),
    }
}

fn digest_algorithm(method: &Node<'_>) -> Result<&'static digest::Algorithm> {
    match method.raw("Algorithm") {
        Some("http://www.w3.org/2001/04/xmlenc#sha256") => Ok(&digest::SHA256),
        Some("http://www.w3.org/2001/04/xmldsig-more#sha384") => Ok(&digest::SHA384),
        Some("http://www.w3.org/2001/04/xmlenc#sha512") => Ok(&digest::SHA512),
        _ => Err(Error::Signature(
            "a digest other than SHA-256, SHA-384 and SHA-512",
        )),
    }
}

fn only<'t>(node: &Node<'t>, name: &'static str) -> Result<Node<'t>> {
    node.child(DSIG, name)
        .ok()
        .flatten()
        .ok_or(Error::Signature("a part of it is missing, or there twice"))
}
