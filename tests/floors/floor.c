/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is nothing but one floor of lib/. */
int main(void)
{
	return 0;
}
