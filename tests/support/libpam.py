#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logins through the real libpam without a terminal and without its delays: the exact return code, every text.

    libpam.py SERVICE USER <ANSWERS

is the same as a program, for a process with a clock of its own: one answer a line, and what came of it as JSON.
"""
import ctypes
import ctypes.util
import json
import sys
from collections import namedtuple

SUCCESS, AUTH_ERR, AUTHINFO_UNAVAIL, CONV_ERR = 0, 7, 9, 19
ECHO_OFF, ECHO_ON = 1, 2  # kinds of message
_RHOST, _FAIL_DELAY = 4, 10  # items

Login = namedtuple("Login", "code prompts notes")
Attempt = namedtuple("Attempt", "code messages delays")  # each message with its kind; microseconds


class _Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class _Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("unused", ctypes.c_int)]


_Converse = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(_Message)),
                             ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
_Delay = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p)


class _Conversation(ctypes.Structure):
    _fields_ = [("converse", _Converse), ("data", ctypes.c_void_p)]


_libc = ctypes.CDLL(None)
_libc.calloc.restype = _libc.strdup.restype = ctypes.c_void_p
_libpam = ctypes.CDLL("libpam.so.0")
_no_delay = _Delay(lambda *_: None)


def _conversation(answers, hear):
    left = list(answers)

    def converse(count, messages, replies, _):
        made = _libc.calloc(count, ctypes.sizeof(_Response))
        responses = ctypes.cast(made, ctypes.POINTER(_Response))
        for i in range(count):
            message = messages[i].contents
            hear(message.style, message.text.decode())
            if message.style in (ECHO_OFF, ECHO_ON):
                responses[i].text = _libc.strdup((left.pop(0) if left else "").encode())
        replies[0] = made
        return SUCCESS

    return _Conversation(_Converse(converse), None)


def _authenticate(service, user, answers, hear, delay, rhost=None):
    conversation, handle = _conversation(answers, hear), ctypes.c_void_p()
    code = _libpam.pam_start(service.encode(), user.encode(), ctypes.byref(conversation), ctypes.byref(handle))
    if code == SUCCESS:
        _libpam.pam_set_item(handle, _FAIL_DELAY, delay)
        if rhost is not None:
            _libpam.pam_set_item(handle, _RHOST, rhost.encode())
        code = _libpam.pam_authenticate(handle, 0)
        _libpam.pam_end(handle, code)
    return code


def authenticate(service, user, *answers, rhost=None):
    """One pam_authenticate; whoever has no more answers answers nothing."""
    login = Login(None, [], [])

    def hear(style, text):
        (login.prompts if style in (ECHO_OFF, ECHO_ON) else login.notes).append(text)
    return login._replace(code=_authenticate(service, user, answers, hear, _no_delay, rhost))


def attempt(service, user, *answers):
    """The same, with all that whoever types can tell: each message in its order, and how long libpam would wait.

    That is asked of the module: libpam makes it up to a half longer or shorter, at random.
    """
    attempt_ = Attempt(None, [], [])
    delay = _Delay(lambda _, microseconds, __: attempt_.delays.append(microseconds))
    code = _authenticate(service, user, answers, lambda *message: attempt_.messages.append(message), delay)
    return attempt_._replace(code=code)


if __name__ == "__main__":
    print(json.dumps(authenticate(sys.argv[1], sys.argv[2], *sys.stdin.read().split("\n"))))
