/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * The guard of a connection that speaks TLS: for authors of adapters, which move the
 * bytes of a handshake, and for programs that bring keys of their own.
 *
 * Without a guard the bytes of a direction without keys go as they are. On a guarded
 * connection they do not: rtls_send(), rtls_sendmsg(), rtls_sendfile(), rtls_recv() and
 * rtls_recvmsg() answer -ENOKEY there, whatever their length and flags, so that a
 * program that takes TLS for granted neither sends clear text nor takes it for
 * something that the peer has sealed. Only who holds the guard moves such bytes.
 */
#ifndef RECORDTLS_GUARD_H
#define RECORDTLS_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <recordtls/sock.h>
#include <recordtls/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Who may move bytes in a direction without keys. */
struct rtls_guard {
	struct rtls_sock *sock; /**< borrowed */
	uint64_t token;
};

/**
 * Guards a connection, established or not yet, until it is closed; nothing takes the guard
 * away. Called again, it gives the guard to the new holder, and the former one is shut out.
 * What was accepted for sending before is still sent. A listener is never guarded, nor are
 * the connections that it gives out.
 * @return 0, *out is filled; -EINVAL: a listener, or NULL; -EBADF: closed.
 */
int rtls_sock_guard(struct rtls_sock *sock, struct rtls_guard *out);

/**
 * Is it the holder's still? For an adapter that outlives its socket by a program's mistake: with
 * keys the calls of io.h ask for no token, and the slot may be another connection's by now.
 * @return 0; -ENOKEY: another one holds the guard; -EBADF: the socket was closed; -EINVAL: NULL.
 */
int rtls_guard_check(const struct rtls_guard *g);

/**
 * As rtls_send() and rtls_recv(), and in a direction without keys too.
 * @return as these; -ENOKEY: another one holds the guard; -EBADF: the socket was closed;
 *   -EINVAL: also for NULL with a length.
 */
ssize_t rtls_guard_send(const struct rtls_guard *g, const void *buf, size_t len, int flags);
ssize_t rtls_guard_recv(const struct rtls_guard *g, void *buf, size_t len, int flags);

/**
 * Tells that the handshake is done and another library keeps the records of a direction
 * without keys. Counts it (TlsTxNotHandedOver, TlsRxNotHandedOver) and logs it (log type
 * lib.recordtls.sock, with the peer's address; of each stack and direction at most once a
 * second, as peers choose how many there are). Once per socket and direction: again, it does nothing.
 * A handshake is finished when each direction has keys or was told of here; see struct
 * rtls_listen_conf.
 * @param why one sentence without a full stop; borrowed.
 * @return 0; -EINVAL: not a direction, it has keys, or NULL; -ENOKEY and -EBADF as above.
 */
int rtls_guard_kept(const struct rtls_guard *g, enum rtls_dir d, const char *why);

/**
 * Tells that the handshake failed, for the log (type lib.recordtls.handshake, level INFO, with the
 * peer's address; of each stack at most once a second). Changes nothing.
 * @param why a few words of the adapter's or its TLS library's, nothing that the peer chose, on one
 *   line; borrowed.
 * @return 0; -EINVAL: NULL; -ENOKEY and -EBADF as above.
 */
int rtls_guard_failed(const struct rtls_guard *g, const char *why);

#ifdef __cplusplus
}
#endif

#endif
