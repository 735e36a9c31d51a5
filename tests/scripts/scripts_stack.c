/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/scripts.h"

#include <stdlib.h>

#include "support/eal.h"

int
main(int argc, char **argv)
{
	if (eal_start("scripts") != 0)
		return EXIT_FAILURE;
	return scripts_main(&end_stack, argc, argv);
}
