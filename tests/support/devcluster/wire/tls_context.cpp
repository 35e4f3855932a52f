#include "tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace picoxx::devcluster {
namespace {

constexpr long valid_for_seconds = 24L * 60 * 60;

void require(bool condition) {
    if (!condition) throw std::runtime_error{"OpenSSL cannot set up TLS"};
}

void add_extension(X509* certificate, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
        X509V3_EXT_conf_nid(nullptr, &context, id, value), &X509_EXTENSION_free};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string in_pem(X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), &BIO_free};
    require(memory && PEM_write_bio_X509(memory.get(), certificate) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

void SslDeleter::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
void TlsContext::ContextDeleter::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }

TlsContext::TlsContext() : context_{SSL_CTX_new(TLS_server_method())} {
    require(context_ != nullptr);
    require(SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) == 1);

    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
    require(key && certificate);
    X509* const x509 = certificate.get();
    require(X509_set_version(x509, X509_VERSION_3) == 1);
    require(ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1);
    require(X509_gmtime_adj(X509_getm_notBefore(x509), -valid_for_seconds) != nullptr);
    require(X509_gmtime_adj(X509_getm_notAfter(x509), valid_for_seconds) != nullptr);
    require(X509_set_pubkey(x509, key.get()) == 1);
    X509_NAME* const name = X509_get_subject_name(x509);
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                                       -1, -1, 0) == 1);
    require(X509_set_issuer_name(x509, name) == 1);
    add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x509, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    require(X509_sign(x509, key.get(), EVP_sha256()) > 0);

    require(SSL_CTX_use_certificate(context_.get(), x509) == 1);
    require(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
    certificate_ = in_pem(x509);
}

TlsContext::~TlsContext() = default;

SslHandle TlsContext::open(int socket) const {
    SslHandle ssl{SSL_new(context_.get())};
    require(ssl && SSL_set_fd(ssl.get(), socket) == 1);
    SSL_set_accept_state(ssl.get());
    return ssl;
}

}  // namespace picoxx::devcluster
