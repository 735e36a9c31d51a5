/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Bytes in and out of a connection.
 *
 * Without keys in a direction its bytes go as they are, unless the connection is guarded
 * (guard.h): then every call here answers -ENOKEY. With keys each send makes TLS records and
 * each receive opens them.
 *
 * Errors of the receive side. Good records before an error come first; the same
 * errno is returned again on every later call. Sending stays open, for the alert.
 *
 * | what                                                        | errno         |
 * |-------------------------------------------------------------|---------------|
 * | record version wrong, outer type not 23 in TLS 1.3, or 0 in TLS 1.2 | -EINVAL |
 * | a genuine record that may not stand there, as below         | -EINVAL       |
 * | genuine records without end that say nothing, as below      | -EINVAL       |
 * | record too short or too long, or above RTLS_OPT_RX_RECORD_LIMIT | -EMSGSIZE |
 * | authentication fails, or TLS 1.3 plaintext without a type   | -EBADMSG      |
 * | FIN inside a record (info: RTLS_EOF_TRUNCATED)              | -EMSGSIZE     |
 * | KeyUpdate delivered, no new key yet: goes on after rtls_set_keys() | -EKEYEXPIRED |
 * | control record ahead of rtls_recv(): rtls_recvmsg() gets it | -EIO          |
 * | the connection was reset / timed out                        | -ECONNRESET / -ETIMEDOUT |
 * | the connection was refused / no neighbour answered          | -ECONNREFUSED / -EHOSTUNREACH |
 * | it was given up here, for want of memory too                | -ECONNABORTED |
 * | no keys in this direction of a guarded connection (guard.h) | -ENOKEY       |
 *
 * May not stand there (alert unexpected_message): change_cipher_spec, an alert or a handshake record without
 * content (RFC 8446 5.4, RFC 5246 6.2.1); in TLS 1.3 a protected change_cipher_spec (5), another record inside a
 * handshake message, or bytes behind a KeyUpdate in its record (5.1).
 *
 * Without end (the same alert, info: RTLS_REASON_FLOOD): more than 32 empty data records, or 4 alerts, with no
 * data between; under TLS 1.2 keys more than 32 handshake records so, or a second
 * change_cipher_spec; more KeyUpdates than RTLS_OPT_KEY_UPDATES_PER_S.
 *
 * -ENOMEM (no buffer to open a record in) changes nothing: call again.
 *
 * All calls: -EBADF where the handle was closed, -ENOTCONN where it is a listener's; -EINVAL
 * where it is NULL, as are the message or the file, or a piece or buffer that has a length.
 */
#ifndef RECORDTLS_IO_H
#define RECORDTLS_IO_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <recordtls/sock.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	RTLS_MSG_MORE = 1 << 0,    /**< more follows: leave the record open */
	RTLS_MSG_PEEK = 1 << 1,    /**< look, do not consume */
	RTLS_MSG_EOR = 1 << 2,     /**< out: the last byte returned ends a record */
	RTLS_MSG_CONTROL = 1 << 3, /**< rtls_recvmsg(): a control record, data stays */
	RTLS_MSG_RECORD = 1 << 4,  /**< rtls_sendmsg(): exactly one record */
};

/** TLS content types, RFC 8446 5.1. */
enum {
	RTLS_TYPE_CHANGE_CIPHER_SPEC =
		20, /**< TLS 1.2 (RFC 5246 7.1); in TLS 1.3 none is protected */
	RTLS_TYPE_ALERT = 21,
	RTLS_TYPE_HANDSHAKE = 22,
	RTLS_TYPE_DATA = 23,
};

/** What a receive says of one record; rtls_msg.records. */
struct rtls_record {
	uint8_t type;      /**< of the content: in TLS 1.3 that inside */
	uint8_t flags;     /**< RTLS_MSG_EOR: this call returned its last byte */
	uint16_t version;  /**< of its header, 0x0303 in TLS 1.3, too */
	uint32_t wire_len; /**< bytes on the wire, from the header's first to the tag's last */
	uint32_t len;      /**< bytes of it that this call returned; 0: it is empty */
};

/** A typed message. */
struct rtls_msg {
	struct iovec *iov; /**< borrowed during the call */
	unsigned int iovlen;
	uint8_t type;      /**< sendmsg: in, 0 = data; recvmsg: out, 0 = no TLS */
	uint16_t version;  /**< out: of the record's header, 0x0303 in TLS 1.3, too; 0: no TLS */
	uint32_t wire_len; /**< out: bytes on the wire of the last record returned */
	uint32_t flags;    /**< out: RTLS_MSG_EOR */
	/**
	 * rtls_recvmsg(), where records_max is not 0: in, room for so many; out, one for each record of which
	 * this call returned bytes, in their order, and for each empty one. No more records are
	 * returned than that. Borrowed during the call.
	 */
	struct rtls_record *records;
	unsigned int records_max;
	unsigned int nb_records; /**< out: how many were filled in; 0 without TLS */
};

/**
 * Sends bytes as application data. Borrows buf during the call: what is accepted was copied, or sealed
 * out of it.
 *
 * Without RTLS_MSG_MORE the record is closed at the end of the call; with it, it
 * stays open until a send without it, its full size, a control record, a key
 * change or shutdown closes it. A send of 0 bytes without MORE closes it too.
 * Where the stack has no large buffer left a record's full size is less.
 *
 * @return bytes accepted, which may be fewer than len; -EAGAIN: no buffer room, of its own or of
 *   its share of the stack's (RTLS_WRITABLE follows); -ENOMEM: a pool is empty for the moment
 *   (the same); -EPIPE: after shutdown or the peer's reset; -ETIMEDOUT, -ECONNREFUSED,
 *   -EHOSTUNREACH: the connection ended so; -ENOTCONN; -EINVAL: unknown flag;
 *   -EKEYEXPIRED: the key's record limit is reached, install the next one;
 *   -EIO: the provider failed, nothing can be sent any more; -ENOKEY: the connection is
 *   guarded (guard.h) and has no keys in this direction, whatever else there is to say.
 */
ssize_t rtls_send(struct rtls_sock *sock, const void *buf, size_t len, int flags);

/**
 * Sends one typed message. Type data (or 0): as rtls_send() of the pieces. Any
 * other type: exactly one record, all or nothing, at most RTLS_OPT_TX_RECORD_LIMIT bytes; an open
 * data record is closed first; may exceed the send buffer by one record. A KeyUpdate (RFC 8446
 * 4.6.3) is -EAGAIN, too, while rtls_set_keys() would be, for its keys come next: tls.h.
 *
 * RTLS_MSG_RECORD: exactly one record of exactly these bytes, of the type that is said, data too,
 * all or nothing. Of no bytes it is an empty record, which change_cipher_spec, alerts and handshake
 * messages cannot be (RFC 8446 5.4, RFC 5246 6.2.1). Data goes by the rules of data: RTLS_OPT_MAX_PAYLOAD and
 * the send buffer; the open record is closed also where the answer is -EAGAIN, -ENOMEM or -EKEYEXPIRED.
 * @return as rtls_send(); -EINVAL: a record with RTLS_MSG_MORE, without keys, of type 0, or empty
 *   where it may not be, or where RTLS_MSG_RECORD does not ask for it; -EMSGSIZE: above
 *   RTLS_OPT_TX_RECORD_LIMIT, data above RTLS_OPT_MAX_PAYLOAD.
 */
ssize_t rtls_sendmsg(struct rtls_sock *sock, const struct rtls_msg *m, int flags);

/**
 * Receives application data (or plain bytes): any number of data records. Of buf, what lies
 * behind the bytes returned may have been written to.
 * @return bytes; 0: FIN on a record boundary, or close_notify before (a buffer
 *   of length 0 gives 0 as well); -EAGAIN: no complete record yet; the table above.
 */
ssize_t rtls_recv(struct rtls_sock *sock, void *buf, size_t len, int flags);

/**
 * Receives any number of data records, or exactly one control record, with its
 * type. A control record longer than the buffers is given in parts, the last of
 * which has RTLS_MSG_EOR. Control records have any type but that of data.
 * An empty control record returns 0 with its type and RTLS_MSG_EOR set, and so do empty data records
 * alone where there is room for what they are (rtls_msg.records); without that nothing is said of them. End of
 * file is 0 with type 0.
 *
 * RTLS_MSG_PEEK, here and in rtls_recv(): as many data records as the buffers hold, or one
 * control record; what was looked at waits in buffers of the stack.
 *
 * RTLS_MSG_CONTROL, for a program that sends and does not receive for a while: the next control
 * record, where it is one of the handshake (RFC 8446 4.6: KeyUpdate, tickets) also past data
 * that waits, which later calls return. -EAGAIN: none is known. In TLS 1.2 the header of the
 * record that is next says it, and of none behind it is known. In TLS 1.3 records have to be opened
 * to know; at most 34 KiB of buffers wait so, and only while more than half of the large record
 * buffers are free. What is farther behind stays where it is until the program receives.
 */
ssize_t rtls_recvmsg(struct rtls_sock *sock, struct rtls_msg *m, int flags);

struct rtls_file;

/**
 * Sends bytes of a file as application data: off and len in bytes of the file.
 * Flags: RTLS_MSG_MORE as in rtls_send(). Reading happens on a thread of the
 * stack, which the next rtls_stack_poll() tells of it; call again with the same or a moved offset.
 * @return bytes accepted, fewer than len at the end of the file; 0: off is at or
 *   behind the end; -EAGAIN: not loaded yet or no room (RTLS_WRITABLE follows);
 *   -EIO: the file cannot be read; otherwise as rtls_send().
 */
ssize_t rtls_sendfile(struct rtls_sock *sock, struct rtls_file *f, uint64_t off, size_t len,
		      int flags);

#ifdef __cplusplus
}
#endif

#endif
