"""The contract of users: values, events and operations."""

from shopwright.services.users.contract.operations import Users as Users
from shopwright.services.users.contract.values import EmailPurpose as EmailPurpose
from shopwright.services.users.contract.values import EmailTaken as EmailTaken
from shopwright.services.users.contract.values import LastOwner as LastOwner
from shopwright.services.users.contract.values import ProfileChange as ProfileChange
from shopwright.services.users.contract.values import SavedAddress as SavedAddress
from shopwright.services.users.contract.values import SecondFactor as SecondFactor
from shopwright.services.users.contract.values import SecondFactorNeeded as SecondFactorNeeded
from shopwright.services.users.contract.values import Session as Session
from shopwright.services.users.contract.values import StaffChange as StaffChange
from shopwright.services.users.contract.values import Tokens as Tokens
from shopwright.services.users.contract.values import User as User
from shopwright.services.users.contract.values import WrongPassword as WrongPassword
