/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/scripts.h"

int
main(int argc, char **argv)
{
	return scripts_main(&end_pure, argc, argv);
}
