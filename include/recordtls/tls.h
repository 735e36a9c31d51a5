/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * TLS keys of a connection, per direction.
 */
#ifndef RECORDTLS_TLS_H
#define RECORDTLS_TLS_H

#include <stdint.h>
#include <sys/types.h>

#include <recordtls/sock.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rtls_dir {
	RTLS_TX,
	RTLS_RX,
};

/** Protocol versions as they stand on the wire. */
enum {
	RTLS_TLS_1_2 = 0x0303,
	RTLS_TLS_1_3 = 0x0304,
};

/** Ciphers, numbered as in the Linux kernel's linux/tls.h. */
enum rtls_cipher {
	RTLS_CIPHER_AES_GCM_128 = 51,
	RTLS_CIPHER_AES_GCM_256 = 52,
	RTLS_CIPHER_AES_CCM_128 = 53, /**< with a tag of 16 bytes */
	RTLS_CIPHER_CHACHA20_POLY1305 = 54,
	/* Known, and not carried: -ENOTSUP, with the reason in rtls_suite_refusal(). */
	RTLS_CIPHER_SM4_GCM = 55,
	RTLS_CIPHER_SM4_CCM = 56,
	RTLS_CIPHER_ARIA_GCM_128 = 57, /**< in TLS 1.2 */
	RTLS_CIPHER_ARIA_GCM_256 = 58, /**< in TLS 1.2 */
	/* The kernel has no numbers for these. */
	RTLS_CIPHER_AES_CBC_HMAC = 1024, /**< in TLS 1.0 to 1.2, with any key and HMAC */
	RTLS_CIPHER_AES_CCM_8 = 1025,    /**< in TLS 1.2 and 1.3, with a tag of 8 bytes */
};

/** Keys of one direction. */
struct rtls_keys {
	uint16_t version; /**< RTLS_TLS_1_2 or RTLS_TLS_1_3 */
	uint16_t cipher;  /**< enum rtls_cipher */
	uint8_t key[32];  /**< as many bytes as the cipher has */
	uint8_t iv[12];   /**< static IV; TLS 1.2 GCM and CCM: salt, first explicit nonce */
	uint64_t rec_no;  /**< number of the first record under this key */
};

/**
 * Installs the first or, in TLS 1.3, the next keys of a direction. Copies; the
 * caller wipes its own. TX: closes the open record; what is sent from here on is
 * sealed, and no segment mixes bytes from before and after. RX: the stream from
 * the first byte not yet received by the program on is records.
 *
 * No nonce is used again, and no record taken twice: of the last 4 keys of each direction
 * the socket knows the first record number that they left. One of them again needs the same
 * IV and that number or a later one (TX: behind the open record, which this call closes).
 *
 * @return 0; on any error the old keys stay, and with all but -EIO the open record stays
 *   open: -EINVAL: version or cipher not those of the other direction or of the former
 *   keys, or none that anybody knows; the other direction has, or had, this key;
 *   NULL; -EALREADY: this direction has, or had, this key, and its number is used or its
 *   IV another; -EBUSY: TLS 1.2 keys are there already, or an RX record of the old key
 *   was delivered in part (read all of them first: nothing can tell them from the new
 *   key's);
 *   -EAGAIN: four keys before are still in use, or one is and other connections have what there is
 *   for more. TX: for records that the device is to seal, until the peer acknowledges them. RX: for
 *   bytes that the device has opened, until the program reads them, or by contexts that it has not
 *   deleted yet; behind a KeyUpdate RTLS_READABLE says when to call again;
 *   -ENOTSUP: rtls_suite_refusal() has a reason why this library does not carry version and cipher;
 *   -EPERM: rtls_stack_features() has switched new TLS sessions off, and the connection has no keys
 *   yet; -ENOTCONN: the connection is not established; -EBADF: closed; -ENOMEM; -EIO: the provider
 *   failed.
 */
int rtls_set_keys(struct rtls_sock *sock, enum rtls_dir d, const struct rtls_keys *keys);

/**
 * Would rtls_set_keys() take first keys of this version and cipher?
 * @param s the stack, and whether its RTLS_STACK_TLS is on; NULL: what the library carries at all,
 *   any thread then.
 * @return 0: yes; -ENOTSUP: no, for the reason that rtls_suite_refusal() gives; -EINVAL: nobody knows
 *   them; -EPERM: carried, but new TLS sessions are switched off.
 */
int rtls_suite_carried(const struct rtls_stack *s, uint16_t version, uint16_t cipher);

/**
 * Why this library does not carry version and cipher, which the Linux kernel, FreeBSD or IANA have: a
 * phrase for people, which stays valid. Any thread. NULL: it carries them, or nobody knows them.
 */
const char *rtls_suite_refusal(uint16_t version, uint16_t cipher);

/**
 * The Linux kernel's structures for its TLS_TX and TLS_RX (linux/tls.h: tls12_crypto_info_*), which TLS
 * libraries and programs fill, as keys for rtls_set_keys(). Any thread; copies, the caller wipes both.
 * @param len of the structure of its cipher, as setsockopt() demands it: no less and no more.
 * @return 0; with any error *out is all zero, which rtls_set_keys() refuses: -ENOTSUP and -EINVAL as
 *   rtls_suite_carried(); -EINVAL: the length, or NULL.
 */
int rtls_keys_from_ktls(const void *crypto_info, size_t len, struct rtls_keys *out);

/**
 * And back. Any thread.
 * @param len of the memory behind crypto_info; 4: version and cipher only, as getsockopt() does it;
 *   0: nothing is written.
 * @return bytes of the structure of this cipher, 4 where these were asked for; -ENOTSUP and -EINVAL as
 *   rtls_suite_carried(); -EINVAL: too short, or NULL. With an error nothing is written.
 */
ssize_t rtls_keys_to_ktls(const struct rtls_keys *keys, void *crypto_info, size_t len);

/**
 * The keys of a direction as they are now, with the number of the next record, and in TLS 1.2 with the
 * nonce that goes with it, as getsockopt() gives them of the kernel's TLS: what somebody needs who
 * carries the connection on. TX: the first record that is not sealed. RX: the first one of which the
 * program has got nothing.
 *
 * Dangerous: two who seal with the same key use a nonce twice, which gives away plaintext and what
 * forging takes. Whoever exports to carry on elsewhere sends nothing more here, and wipes *out. How many
 * records the key has sealed, by which it has a limit (RFC 8446 5.5), is not in it: where it is set they
 * are counted anew.
 *
 * @return 0; with any error *out is all zero: -EBUSY: TX: a record is open (RTLS_MSG_MORE); RX:
 *   records were opened that the program has not read in full (also by RTLS_MSG_PEEK and
 *   RTLS_MSG_CONTROL); -EKEYEXPIRED: a KeyUpdate was received, and no record comes under this key
 *   any more; -ENOKEY: no keys in this direction; -EIO, -EINVAL, -EMSGSIZE, -EBADMSG: the direction
 *   has ended with this error (io.h); -EINVAL: not a direction, NULL; -EBADF: closed.
 */
int rtls_keys_export_dangerous(const struct rtls_sock *sock, enum rtls_dir d,
			       struct rtls_keys *out);

/** Who does the crypto of a direction. */
enum rtls_mode {
	RTLS_MODE_NONE, /**< no keys yet */
	RTLS_MODE_SOFTWARE,
	RTLS_MODE_NIC, /**< a port's device, inline: recordtls/offload.h */
	RTLS_MODE_TOE, /**< a device that does TCP, too: never in force, rtls_mode_refusal() */
};

/** In which order they are tried when the first keys of a direction are set. */
enum rtls_mode_order {
	RTLS_ORDER_NIC_SOFTWARE, /**< the NIC if it takes the connection; the default */
	RTLS_ORDER_SOFTWARE,     /**< never the NIC */
	RTLS_ORDER_MAX,
};

/**
 * Why a direction is in software. But for PENDING it stays there until rtls_set_mode() asks for the
 * NIC: further keys do not. A direction that is with the NIC stays with it when its key changes.
 */
enum rtls_mode_reason {
	RTLS_MODE_REASON_NONE,    /**< it is not, or has no keys */
	RTLS_MODE_REASON_PENDING, /**< it is to be with the device, which starts at a later record */
	RTLS_MODE_REASON_ASKED,   /**< RTLS_ORDER_SOFTWARE, or rtls_set_mode() */
	RTLS_MODE_REASON_NO_DEVICE,   /**< the port has no inline TLS in this direction */
	RTLS_MODE_REASON_FEATURE_OFF, /**< rtls_port_features() */
	RTLS_MODE_REASON_SUITE,       /**< the device does not carry the suite or connection */
	RTLS_MODE_REASON_NO_ROOM,     /**< the device's table is full */
	RTLS_MODE_REASON_REFUSED,     /**< the device, or memory, failed */
	RTLS_MODE_REASON_LOST,        /**< it has no memory of it, or had an error for a resync */
	RTLS_MODE_REASON_DOWN,        /**< the device has gone down */
	RTLS_MODE_REASON_NO_IDENTITY, /**< RX: the device does not say what its marks vouch for */
	RTLS_MODE_REASON_NO_FIELD,    /**< RX: mbufs have no room for what a mark says */
	RTLS_MODE_REASON_OTHER_PORT, /**< its packets go by another port, whose device is asked now */
	RTLS_MODE_REASON_MAX,
};

struct rtls_tls_info {
	uint32_t size; /**< sizeof(struct rtls_tls_info), set by the caller */
	uint16_t version;
	uint16_t cipher;
	uint8_t mode;    /**< enum rtls_mode in force */
	uint8_t paused;  /**< RX: behind a KeyUpdate, waiting for keys */
	uint32_t epoch;  /**< how many keys there were; 0: none */
	uint64_t rec_no; /**< number of the next record */
	/**
	 * IANA's name; TLS 1.2: the part of it that the keys decide, as AES_128_GCM. NULL without keys.
	 */
	const char *suite;
	const char *provider; /**< who computes in software; NULL without keys */
	uint8_t order;        /**< enum rtls_mode_order, of this direction */
	uint8_t reason;       /**< enum rtls_mode_reason */
	uint8_t wish;         /**< enum rtls_mode: what is to be in force; NONE without keys */
	/**
	 * Name of the port whose device does its crypto, did last, or would be asked: packets may go by
	 * another one for a while, and are done in software then. NULL without keys; lives as the port does.
	 */
	const char *port;
};

/**
 * Lets the NIC, or software, do the crypto of a direction from the next record on, while data flows:
 * the bytes on the wire are the same, but that a segment ends there. The wish holds for all further
 * keys, until the device gives it up (enum rtls_mode_reason) or the program wishes otherwise.
 *
 * NIC, sending: with the next record. Receiving: with the next record of which nothing has arrived,
 * once nothing is missing in front of it and the program has read the records that are complete: one
 * of them may be a KeyUpdate. Until then it is software, RTLS_MODE_REASON_PENDING.
 *
 * @param m RTLS_MODE_SOFTWARE or RTLS_MODE_NIC; RTLS_MODE_TOE is -ENOTSUP, and nothing changes.
 * @return 0: in force; -EINPROGRESS: the event RTLS_MODE follows when it is, or when the device has
 *   refused: rtls_tls_info() says which; refused at once, it is software as before: -ENOSPC:
 *   NO_ROOM; -ENOTSUP: NO_DEVICE, SUITE, NO_IDENTITY or NO_FIELD; -EPERM: FEATURE_OFF; -EIO: another reason;
 *   nothing changed: -ENOKEY: no keys yet; -ENOTCONN: the connection is over; -EINVAL; -EBADF.
 */
int rtls_set_mode(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode m);

/**
 * Why rtls_set_mode() is -ENOTSUP for this mode on every port: a phrase for people, which stays valid.
 * Any thread. NULL: it is not.
 */
const char *rtls_mode_refusal(enum rtls_mode m);

/**
 * Fills in out->size bytes of what is known, and no more.
 * @return 0; -EINVAL: not a direction, NULL, or no size; -EBADF: closed.
 */
int rtls_tls_info(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_tls_info *out);

#ifdef __cplusplus
}
#endif

#endif
