/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the fuzzers share: an input that is read from its front as a row of decisions, and a check
 * that ends the program, as libFuzzer keeps the input of a program that ended.
 *
 * An input that has run out reads as zeros, so each prefix of an input is an input, too, and
 * libFuzzer can shorten what it found.
 */
#ifndef RTLS_FUZZ_FUZZ_H
#define RTLS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls. Initialize is optional. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct fuzz_in {
	const uint8_t *p;
	size_t left;
};

uint8_t fuzz_u8(struct fuzz_in *in);
uint16_t fuzz_u16(struct fuzz_in *in); /* big endian, as on a wire */
uint32_t fuzz_u32(struct fuzz_in *in);

/* One of 0 to n - 1; n is not 0. Reads as few bytes as n needs. */
uint32_t fuzz_below(struct fuzz_in *in, uint32_t n);

/* Near one of n marks: mostly within 8 of it. */
uint64_t fuzz_near(struct fuzz_in *in, const uint64_t *marks, uint32_t n);

/* The next n bytes, or those that are left; moves on. Borrowed from the input. */
const uint8_t *fuzz_bytes(struct fuzz_in *in, size_t n, size_t *got);

/* n bytes to out, zeros behind the end of the input. */
void fuzz_copy(struct fuzz_in *in, void *out, size_t n);

/* Says what does not hold, and where, and ends the program. */
void fuzz_fail(const char *file, int line, const char *what) __attribute__((noreturn));

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond))

#endif
