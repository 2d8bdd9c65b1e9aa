# SPDX-License-Identifier: Apache-2.0
# sed -i -f with-totp.sed system-auth password-auth: gives a profile of authselect the features `with-totp` (a code in
# sudo, su and login, of whoever has codes set up) and `without-totp-nullok` (whoever has none is refused). sshd takes
# `pam-totp enable sshd`: its own settings have to agree with its stack.
# In front of the password: behind it stands `sufficient pam_unix.so`, with which a right password ends the file.
# Where pam_faillock is on, a wrong code counts there as a wrong password does.
/pam_u2f\.so.*with-pam-u2f-2fa/a\
auth        required                                     pam_totp.so services=sudo,sudo-i,su,su-l,login {if not "without-totp-nullok":nullok} {include if "with-totp"}
