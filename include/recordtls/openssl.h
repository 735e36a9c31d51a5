/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * The bridge to OpenSSL, a library of its own (librecordtls-openssl).
 *
 * OpenSSL (3.2 or later) makes the handshake over a connection of this library
 * and hands its keys over: from there on records are sealed and opened by
 * librecordtls, and SSL_read() and SSL_write() go on working unchanged. Where it keeps
 * its keys, for their cipher or version, or since it is to pad, it goes
 * on sealing by itself: rtls_ssl_send() and rtls_ssl_recv() work either way.
 */
#ifndef RECORDTLS_OPENSSL_H
#define RECORDTLS_OPENSSL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include <recordtls/sock.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rtls_ssl_level {
	/**
	 * The program calls SSL_read() and SSL_write(), or rtls_ssl_recv() and
	 * rtls_ssl_send(). Once sending is handed over (rtls_ssl_status()) it may use
	 * rtls_send() and rtls_sendfile() beside these: whenever rtls_ssl_service() has
	 * just returned 0, and never between an SSL_write() that wants to be repeated and
	 * its repetition. Where it is not handed over they answer -ENOKEY.
	 */
	RTLS_SSL_TRANSPARENT,
};

/**
 * Gives ssl a BIO on the connection. The BIO is owned by ssl and borrows sock:
 * SSL_free() comes before rtls_close(). Sets SSL_OP_ENABLE_KTLS on ssl, and
 * SSL_OP_NO_RENEGOTIATION, as SSL_renegotiate() before the end of a handshake makes libssl
 * send the data of SSL_write() in clear: TLS 1.2 goes without renegotiation. The BIO
 * never shows a file descriptor, so SSL_sendfile() fails; use rtls_sendfile(). What
 * SSL_set_max_send_fragment() asks for is obeyed where this library seals, behind the handshake.
 * From then on sock is guarded (guard.h): rtls_send() and the like answer -ENOKEY in a
 * direction without keys, during the handshake, where the keys are not handed over, and
 * behind SSL_free() too. An ssl that outlives sock moves nothing: -EBADF, and -ENOKEY once sock is
 * another connection or ssl's. On an error nothing has changed.
 * @return 0; -ENOMEM; -ENOTSUP: libssl's hook does not work here (see
 *   rtls_ssl_selftest()); -EBADF: sock is closed; -EINVAL: also: it is to renegotiate already.
 */
int rtls_ssl_attach(SSL *ssl, struct rtls_sock *sock, enum rtls_ssl_level level);

/**
 * Drives what libssl owes: the handshake, the answer to a key update, a key
 * update of our own before the record limit, bytes and keys that found no room.
 * Call it when the socket is READABLE or WRITABLE until the handshake is done,
 * and after that before SSL_read(), SSL_write() and rtls_send(), and once more
 * when they are done.
 * It takes in control records, up to 32 in one call, and no data: what of it comes first waits
 * for SSL_read(), rtls_ssl_recv() or rtls_recv(). So a program that only sends, or whose sends find
 * no room, answers key updates if it calls this when the socket is WRITABLE or has RTLS_CONTROL.
 * How far it looks past data is said at RTLS_MSG_CONTROL (io.h); not past a record that SSL_read()
 * took in part, and not where libssl opens the records. Several questions may have one answer.
 * Clears libssl's error queue of the calling thread.
 * @return 0: the handshake is done and nothing is owed; -EAGAIN: call again on
 *   the next event, also while rtls_connect() has not come through; -EPROTO: TLS has failed, by
 *   the handshake or by what came later (rtls_ssl_status() says why);
 *   another errno: the connection ended; -EINVAL: ssl has no BIO of this library.
 */
int rtls_ssl_service(SSL *ssl);

/**
 * Sends application data: sealed by this library where sending was handed over, else by
 * libssl. Does first what rtls_ssl_service() does. Borrows buf during the call;
 * unlike with SSL_write() a call that took nothing, or less than all, need not be repeated
 * with the same bytes. Bytes that libssl sealed may wait in the adapter for room: call
 * rtls_ssl_service() until it returns 0 before SSL_free(). Not between an SSL_write() that
 * wants to be repeated and its repetition: -EAGAIN then.
 * @param flags RTLS_MSG_MORE as in rtls_send(); a hint that libssl does not take up.
 * @return as rtls_send(), with -EAGAIN also: the handshake is not done, or a key update has
 *   to go first; -EPIPE also: behind SSL_shutdown(); -EPROTO: TLS has failed
 *   (rtls_ssl_status() says why), nothing can be sent any more; -EINVAL: also: ssl has no
 *   BIO of this library, or NULL with a length.
 */
ssize_t rtls_ssl_send(SSL *ssl, const void *buf, size_t len, int flags);

/**
 * Receives application data, whoever opens its records. Does first what rtls_ssl_service()
 * does, and meets what is not data: tickets, key updates, which it answers, and alerts.
 * @param flags RTLS_MSG_PEEK or 0.
 * @return bytes; 0: the peer's close_notify (a buffer of length 0 gives 0 as well);
 *   -EAGAIN: nothing yet; -ENOMEM: call again; -EPROTO: TLS has failed, by what came, by the
 *   peer's alert or by an end without close_notify, which is none with
 *   SSL_OP_IGNORE_UNEXPECTED_EOF (rtls_ssl_status() says which; our alert is on its way);
 *   -ECONNRESET and others: the connection ended, as in rtls_recv(); -EINVAL as above.
 */
ssize_t rtls_ssl_recv(SSL *ssl, void *buf, size_t len, int flags);

struct rtls_ssl_status {
	uint32_t size;          /**< sizeof(struct rtls_ssl_status), set by the caller */
	uint8_t tx_handed_over; /**< records are sealed by librecordtls */
	uint8_t rx_handed_over;
	uint8_t close_notify_received;
	/** why not, with the cipher's name or the length; NULL when handed over; valid as long as ssl */
	const char *tx_reason;
	const char *rx_reason;
	char error[128]; /**< what libssl said when TLS failed; empty: it has not */
};

/**
 * Fills in out->size bytes of what is known, and no more.
 * @return 0; -EINVAL: ssl has no BIO of this library, out is NULL, or has no size.
 */
int rtls_ssl_status(const SSL *ssl, struct rtls_ssl_status *out);

/**
 * Starts a TLS 1.3 key update of our sending direction, and asks the peer for
 * its own when ask_peer is set. rtls_ssl_service() brings it to its end.
 * @return 0: started; -EAGAIN: a write is pending or has to be repeated, call
 *   again behind it; -ENOTSUP: not TLS 1.3 or not handed over; -EPROTO.
 */
int rtls_ssl_key_update(SSL *ssl, int ask_peer);

/**
 * Appends the secrets of all connections of ctx to a file, a line each in the NSS key log format, as
 * programs do for SSLKEYLOGFILE: whoever has the file can decrypt what was captured, both ways. For
 * looking for faults alone. A file that is not there is made, with mode 0600; one that is there
 * keeps its mode and its lines. Each line is one write, so several contexts and processes may have one
 * file. What a full disk does not take is lost; the connection goes on. A callback that the program
 * has set before (SSL_CTX_set_keylog_callback()) is called behind each line; one that it sets
 * later ends the log. The file is open as long as ctx.
 * @param path borrowed; a regular file or a device, no symbolic link.
 * @return 0; -EALREADY: ctx has a key log; -EINVAL: NULL, an empty path, or a pipe; -ELOOP: a
 *   symbolic link; -ENOMEM; or what open() said. On an error nothing has changed.
 */
int rtls_ssl_keylog(SSL_CTX *ctx, const char *path);

/**
 * Small records, whoever asks for them, for the connections of ctx: they are sealed and opened by this library then.
 * Call it once, before the first SSL is made of ctx; SSL_set_SSL_CTX() leads away from it.
 *
 * Adds record_size_limit (RFC 8449), which a peer may answer or ask for, in both roles and versions.
 * What the peer says becomes RTLS_OPT_TX_RECORD_LIMIT, and limit RTLS_OPT_RX_RECORD_LIMIT: a longer
 * record ends the connection with record_overflow. A server does not answer a limit below 513
 * bytes in TLS 1.3 (512 in 1.2), nor where the client asks for max_fragment_length (RFC 6066), too, which libssl
 * answers; a client ends the handshake with handshake_failure where the server's answer is less.
 *
 * Where max_fragment_length is agreed on libssl keeps its keys. In TLS 1.2 rtls_ssl_attach() finds them all the
 * same; in TLS 1.3 libssl tells them to a key log only, so this sets a callback of ctx's
 * (SSL_CTX_set_keylog_callback()) that reads the secrets of these connections and writes nothing. One
 * that was set before is called behind it; one that is set later takes its place, and libssl goes on
 * sealing.
 * @param limit 64..16385 bytes, as in the extension: in TLS 1.3 with one for the record's type; 0: 16385.
 * @return 0; -EINVAL: NULL, or a limit out of bounds; -EALREADY: it was called before; -ENOTSUP: libssl has
 *   the extension itself; -ENOMEM. On an error nothing has changed.
 */
int rtls_ssl_record_limit(SSL_CTX *ctx, unsigned int limit);

/**
 * Proves libssl's hook once, with a handshake in memory, and remembers the answer.
 * Any thread. @return 0; -ENOTSUP: built without it, or too old; -ENOMEM.
 */
int rtls_ssl_selftest(void);

#ifdef __cplusplus
}
#endif

#endif
