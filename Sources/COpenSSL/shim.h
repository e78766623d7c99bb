#ifndef POINTSD_COPENSSL_H
#define POINTSD_COPENSSL_H
// SHA-256 for backups, HMAC for sessions. libssl-dev comes with libmariadb-dev.
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif
