# SPDX-License-Identifier: Apache-2.0
"""What became of a login or a command that a person tried on a terminal: it says `in as NAME` when it got there."""
from promises import check


def let_in(result, name):
    transcript, status = result
    check(status == 0 and f"in as {name}" in transcript, f"exit status {status}\n{transcript}")
    return transcript


def refused(result, status=None):
    """With a certain exit status, or any but 0."""
    transcript, ended = result
    ended_so = ended != 0 if status is None else ended == status
    check(ended_so and "in as " not in transcript, f"exit status {ended}\n{transcript}")
    return transcript
