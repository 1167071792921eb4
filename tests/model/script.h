/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Operations as text, for tests that run many of them on the model kernel, on the real one, or on
 * both. One line is one operation; a link is NAME or NAME@NAMESPACE:
 *
 *	create bond0 mode=active-backup miimon=100 mac=02:00:00:00:00:01 mtu=1400 up
 *	set bond0 updelay=200 up		options and settings of a bond
 *	link bond0 mtu=1400 mac=... name=new gen=1 up | down
 *	delete bond0
 *	move eth0 to=blue [name=new]
 *	enslave eth0 bond0 [down]
 *	release eth0
 *	slave eth0 queue-id=3 prio=10
 *	addr+ bond0 192.0.2.1/24 [scope=link] [nodad] [replace] [tolerant] [preferred=0]
 *	addr- bond0 192.0.2.1/24
 *	route+ bond0 default|PREFIX [via=IP] [src=IP] [metric=N] [table=N] [onlink] [replace]
 *	route- bond0 ...
 *	netns+ blue, netns- blue
 *	wait bond0 [but=eth0], waitaddr bond0 192.0.2.1/24
 *
 * A value that the option's type refuses but that is a number is sent as it is.
 */

#include "lib/core/op.h"

/**
 * nb_script_op() - the operation of one line
 * @ret:  filled with a new one, ended with nb_op_done()
 * @why:  what is wrong with the line
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int nb_script_op(const char *line, struct nb_op *ret, struct nb_text *why);
