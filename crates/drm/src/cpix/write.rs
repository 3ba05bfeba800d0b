//! From a [`Document`] to XML, in the order of DASH-IF's schema.
use super::document::{
    Delivery, Document, DocumentKey, DrmSystem, Encrypted, Key, MacMethod, Period, Secret,
    UsageRule,
};
use super::xml::escape;
use super::{BitrateFilter, CPIX, DSIG, PSKC, Request, VideoFilter, XENC};
use crate::KeyId;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

impl Document {
    /// The document as UTF-8 text. Signatures are not written.
    pub fn to_xml(&self) -> Zeroizing<String> {
        let mut measure = Measure(0);
        Writer(&mut measure).document(self);
        // Measured first: text that grows leaves copies of keys behind.
        let mut text = Zeroizing::new(String::with_capacity(measure.0));
        Writer(&mut *text).document(self);
        text
    }
}

trait Sink {
    fn put(&mut self, text: &str);
}

struct Measure(usize);

impl Sink for Measure {
    fn put(&mut self, text: &str) {
        self.0 += text.len();
    }
}

impl Sink for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

struct Writer<'s, S>(&'s mut S);

impl<S: Sink> Writer<'_, S> {
    fn document(&mut self, document: &Document) {
        self.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cpix:CPIX");
        self.optional("contentId", document.content_id.as_deref());
        self.optional("version", document.version.as_deref());
        for (prefix, uri) in [("cpix", CPIX), ("pskc", PSKC), ("enc", XENC), ("ds", DSIG)] {
            self.put(" xmlns:");
            self.put(prefix);
            self.put("=\"");
            self.put(uri);
            self.put("\"");
        }
        self.put(">");
        self.list("DeliveryDataList", &document.deliveries, Self::delivery);
        self.list("ContentKeyList", &document.keys, Self::key);
        // The name of the multivariant playlist changed with CPIX 2.4.
        let multivariant = match document.version.as_deref() {
            Some("2.4") => "multiVariant",
            _ => Request::MASTER,
        };
        self.list("DRMSystemList", &document.systems, |w, system| {
            w.system(system, multivariant);
        });
        self.list("ContentKeyPeriodList", &document.periods, Self::period);
        self.list("ContentKeyUsageRuleList", &document.rules, Self::rule);
        self.put("</cpix:CPIX>\n");
    }

    fn delivery(&mut self, delivery: &Delivery) {
        self.put("<cpix:DeliveryData");
        self.optional("id", delivery.id.as_deref());
        self.put("><cpix:DeliveryKey>");
        for certificate in &delivery.certificates {
            self.put("<ds:X509Data>");
            self.element("ds:X509Certificate", certificate);
            self.put("</ds:X509Data>");
        }
        self.put("</cpix:DeliveryKey>");
        for DocumentKey { secret, encrypts } in &delivery.document_keys {
            self.put("<cpix:DocumentKey");
            if !encrypts.is_empty() {
                let kids: Vec<String> = encrypts.iter().map(KeyId::to_string).collect();
                self.attribute("encryptsKey", &kids.join(" "));
            }
            self.put(">");
            self.secret(secret);
            self.put("</cpix:DocumentKey>");
        }
        if let Some(MacMethod { algorithm, key }) = &delivery.mac {
            self.put("<cpix:MACMethod");
            self.attribute("Algorithm", algorithm);
            self.put("><cpix:Key>");
            if let Secret::Encrypted(encrypted) = key {
                self.encrypted(encrypted);
            }
            self.put("</cpix:Key></cpix:MACMethod>");
        }
        self.put("</cpix:DeliveryData>");
    }

    fn key(&mut self, key: &Key) {
        self.put("<cpix:ContentKey");
        self.attribute("kid", &key.kid.to_string());
        let iv = key.explicit_iv.map(|iv| BASE64_STANDARD.encode(iv));
        self.optional("explicitIV", iv.as_deref());
        self.optional("commonEncryptionScheme", key.scheme.as_deref());
        self.put(">");
        if let Some(level) = &key.hdcp_level {
            self.put("<cpix:HDCPData");
            self.attribute("HLSHDCPLevel", level);
            self.put("/>");
        }
        if let Some(secret) = &key.secret {
            self.secret(secret);
        }
        self.put("</cpix:ContentKey>");
    }

    fn secret(&mut self, secret: &Secret) {
        self.put("<cpix:Data><pskc:Secret>");
        match secret {
            Secret::Plain(plain) => self.element("pskc:PlainValue", plain),
            Secret::Encrypted(encrypted) => {
                self.put("<pskc:EncryptedValue>");
                self.encrypted(encrypted);
                self.put("</pskc:EncryptedValue>");
                if let Some(mac) = &encrypted.mac {
                    self.element("pskc:ValueMAC", mac);
                }
            }
        }
        self.put("</pskc:Secret></cpix:Data>");
    }

    fn encrypted(&mut self, encrypted: &Encrypted) {
        self.put("<enc:EncryptionMethod");
        self.attribute("Algorithm", &encrypted.algorithm);
        self.put("/><enc:CipherData>");
        self.element("enc:CipherValue", &encrypted.value);
        self.put("</enc:CipherData>");
    }

    fn system(&mut self, system: &DrmSystem, multivariant: &str) {
        self.put("<cpix:DRMSystem");
        self.attribute("kid", &system.kid.to_string());
        self.attribute("systemId", &KeyId(system.system_id).to_string());
        self.optional("name", system.name.as_deref());
        self.optional("HLSAllowedCPC", system.allowed_cpc.as_deref());
        self.put(">");
        if let Some(pssh) = &system.pssh {
            self.element("cpix:PSSH", pssh);
        }
        if let Some(xml) = &system.content_protection {
            self.element("cpix:ContentProtectionData", xml.as_bytes());
        }
        for (playlist, lines) in [
            ("media", &system.hls_media),
            (multivariant, &system.hls_multivariant),
        ] {
            if let Some(lines) = lines {
                self.put("<cpix:HLSSignalingData");
                self.attribute("playlist", playlist);
                self.put(">");
                self.base64(lines.as_bytes());
                self.put("</cpix:HLSSignalingData>");
            }
        }
        if let Some(text) = &system.smooth {
            self.put("<cpix:SmoothStreamingProtectionHeaderData>");
            self.put(&escape(text));
            self.put("</cpix:SmoothStreamingProtectionHeaderData>");
        }
        if let Some(uri) = &system.uri {
            self.element("cpix:URIExtXKey", uri.as_bytes());
        }
        self.put("</cpix:DRMSystem>");
    }

    fn period(&mut self, period: &Period) {
        self.put("<cpix:ContentKeyPeriod");
        self.optional("id", Some(&*period.id).filter(|id| !id.is_empty()));
        self.number("index", period.index);
        self.optional("start", period.start.as_ref().map(|time| time.as_str()));
        self.optional("end", period.end.as_ref().map(|time| time.as_str()));
        self.put("/>");
    }

    fn rule(&mut self, rule: &UsageRule) {
        self.put("<cpix:ContentKeyUsageRule");
        self.attribute("kid", &rule.kid.to_string());
        self.optional("intendedTrackType", rule.track_type.as_deref());
        self.put(">");
        for period in &rule.periods {
            self.put("<cpix:KeyPeriodFilter");
            self.attribute("periodId", period);
            self.put("/>");
        }
        for label in &rule.labels {
            self.put("<cpix:LabelFilter");
            self.attribute("label", label);
            self.put("/>");
        }
        for filter in &rule.video {
            self.video(filter);
        }
        for filter in &rule.audio {
            self.put("<cpix:AudioFilter");
            self.number("minChannels", filter.min_channels);
            self.number("maxChannels", filter.max_channels);
            self.put("/>");
        }
        for BitrateFilter {
            min_bitrate,
            max_bitrate,
        } in &rule.bitrate
        {
            self.put("<cpix:BitrateFilter");
            self.number("minBitrate", *min_bitrate);
            self.number("maxBitrate", *max_bitrate);
            self.put("/>");
        }
        self.put("</cpix:ContentKeyUsageRule>");
    }

    fn video(&mut self, filter: &VideoFilter) {
        self.put("<cpix:VideoFilter");
        self.number("minPixels", filter.min_pixels);
        self.number("maxPixels", filter.max_pixels);
        for (name, value) in [("hdr", filter.hdr), ("wcg", filter.wcg)] {
            let value = value.map(|value| if value { "true" } else { "false" });
            self.optional(name, value);
        }
        self.number("minFps", filter.min_fps);
        self.number("maxFps", filter.max_fps);
        self.put("/>");
    }

    /// Nothing for an empty list: the schema wants at least one item in each.
    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.put("<cpix:");
        self.put(name);
        self.put(">");
        items.iter().for_each(|item| write(self, item));
        self.put("</cpix:");
        self.put(name);
        self.put(">");
    }

    fn element(&mut self, name: &str, bytes: &[u8]) {
        self.put("<");
        self.put(name);
        self.put(">");
        self.base64(bytes);
        self.put("</");
        self.put(name);
        self.put(">");
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.put(&Zeroizing::new(BASE64_STANDARD.encode(bytes)));
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.put(" ");
        self.put(name);
        self.put("=\"");
        self.put(&escape(value));
        self.put("\"");
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    fn number(&mut self, name: &str, value: Option<u32>) {
        self.optional(name, value.map(|value| value.to_string()).as_deref());
    }

    fn put(&mut self, text: &str) {
        self.0.put(text);
    }
}
